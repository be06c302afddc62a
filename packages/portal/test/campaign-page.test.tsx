import type {
  CampaignDevicePage,
  CampaignPage,
  CampaignView,
} from '@sanad/protocol/operator-api/campaigns'
import { screen as shown, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { openScreen } from './screen.tsx'

/** The page of one campaign, in every state that it can be in. */

const screen = openScreen()
const ONE = 'GET /campaigns/:campaignId'
const DEVICES = 'GET /campaigns/:campaignId/devices'

const main = async () => within(await shown.findByRole('main'))

async function readRunning(change: Partial<CampaignView> = {}): Promise<CampaignView> {
  const { items } = await screen.read<CampaignPage>('/campaigns')
  const [first] = items
  if (first === undefined) throw new Error('the mock has no campaign')
  return { ...first, state: 'running', pausedBecause: null, stoppedBecause: null, ...change }
}

/** Opens the page of a campaign that looks like this. */
async function open(change: Partial<CampaignView> = {}, search = '') {
  const campaign = await readRunning(change)
  screen.answer(ONE, { body: campaign })
  const { address } = screen.open(`/campaigns/${campaign.campaignId}${search}`)
  await shown.findByRole('heading', { level: 1, name: new RegExp(campaign.name) })
  return { campaign, address, page: await main(), user: userEvent.setup({ delay: null }) }
}

const button = (name: string) => shown.findByRole('button', { name })
/** It is busy until the campaign was read again. */
async function idleButton(name: string): Promise<HTMLElement> {
  const isBusy = async () => (await button(name)).hasAttribute('aria-busy')
  await expect.poll(isBusy, { timeout: 15_000 }).toBe(false)
  return button(name)
}

const sentTo = (end: string) =>
  screen.sent.filter(({ method, path }) => method === 'POST' && path.endsWith(end))

describe('the page of a campaign', () => {
  it('is reached from the list of campaigns', async () => {
    const { name, campaignId } = await readRunning()
    const { address } = screen.open('/commands?tab=campaigns')
    await userEvent.setup({ delay: null }).click(await shown.findByRole('link', { name }))
    await expect.poll(address).toBe(`/campaigns/${campaignId}`)
  })

  it('belongs to the section of commands', async () => {
    await open()
    const section = shown.getByRole('link', { name: /^Commands/ })
    expect(section.getAttribute('aria-current')).toBe('page')
  })

  it('says that it is loading while the answer is on its way', async () => {
    screen.answer(ONE, 'pending')
    screen.open(`/campaigns/${crypto.randomUUID()}`)
    expect((await (await main()).findAllByLabelText('Loading…')).length).toBeGreaterThan(0)
  })

  it('says what failed with its code, and shows the campaign when it is tried again', async () => {
    const { campaignId, name } = await readRunning()
    const user = userEvent.setup({ delay: null })
    screen.answer(ONE, { problem: 'server.internal' })
    screen.open(`/campaigns/${campaignId}`)
    const alert = await (await main()).findByRole('alert')
    expect(alert.textContent).toContain('server.internal')
    screen.answer(ONE, 'pass')
    await user.click(within(alert).getByRole('button', { name: 'Try again' }))
    expect(await shown.findByRole('heading', { level: 1, name: new RegExp(name) })).toBeTruthy()
  })

  it('says so when the role does not allow it', async () => {
    const { campaignId } = await readRunning()
    screen.answer(ONE, { problem: 'operator.permission-missing' })
    screen.open(`/campaigns/${campaignId}`)
    const alert = await (await main()).findByRole('alert')
    expect(alert.textContent).toContain('operator.permission-missing')
  })

  it('leads back from a campaign that is not there', async () => {
    screen.answer(ONE, { problem: 'campaign.not-found' })
    screen.open(`/campaigns/${crypto.randomUUID()}`)
    expect(await shown.findByRole('heading', { level: 1, name: 'Not found' })).toBeTruthy()
  })

  it('shows how far each phase is, as a chart and in a table of the same numbers', async () => {
    const { page, campaign } = await open()
    expect(page.getByRole('img', { name: /^Devices of each phase/ })).toBeTruthy()
    const table = within(page.getByRole('table', { name: 'Phases' }))
    const [, first, second, third] = table.getAllByRole('row')
    expect(first?.textContent).toMatch(/Phase 1 · 10 devices.*Passed/)
    const { told = 0, succeeded = 0 } = campaign.phases[1] ?? {}
    expect(second?.textContent).toMatch(/Phase 2 · 70 %.*Waiting.*Next phase at the earliest/)
    const cells = within(second ?? document.body).getAllByRole('cell')
    expect(cells.map(({ textContent }) => textContent)).toEqual(
      expect.arrayContaining([String(told), String(succeeded)]),
    )
    expect(third?.textContent).toMatch(/Phase 3 · all.*Not begun/)
  })

  it('shows what each phase must reach, and what stops the whole campaign', async () => {
    const { page } = await open({
      maintenanceWindow: { days: [1, 2], from: '20:00', to: '06:00' },
    })
    const terms = page.getByRole('region', { name: 'Terms' }).textContent
    expect(terms).toContain('Continues when 95 % succeed, once 10 devices have finished')
    expect(terms).toContain('Pauses when more than 5 % fail, once 20 devices have finished')
    expect(terms).toContain('Then waits 60 minutes')
    expect(terms).toContain('Stops when more than 10 % fail, once 20 devices have finished')
    expect(terms).toContain('Mon, Tue 20:00–06:00 local time')
  })

  it('says how many devices are gathered while they are', async () => {
    const { page } = await open({ devices: 4_000, filling: { done: 4_000, devices: 1_000_000 } })
    expect(page.getByText(/gathering devices: 4,000 of 1,000,000/)).toBeTruthy()
  })

  it('says why the server paused it', async () => {
    const { page } = await open({ state: 'paused', pausedBecause: 'too-few-succeeded' })
    expect(page.getByText('Paused · too few succeeded')).toBeTruthy()
  })

  it('calls a campaign of rotations by its name, with its reason', async () => {
    const { page } = await open({ kind: 'rotation', type: null, body: { reason: 'tampered' } })
    const terms = page.getByRole('region', { name: 'Terms' }).textContent
    expect(terms).toMatch(/Rotate key.*tampered/)
  })
})

describe('the devices of a campaign', () => {
  it('are listed with what became of each, and why', async () => {
    const { page } = await open()
    const table = within(await page.findByRole('table', { name: 'Devices' }))
    for (const name of [/Failed.*Its service does not answer/, /Skipped.*too many commands waited/])
      expect(table.getAllByRole('row', { name }).length).toBeGreaterThan(0)
    const [link] = table.getAllByRole('link')
    expect(link?.getAttribute('href')).toMatch(/^\/devices\/[0-9a-f-]{36}$/)
  })

  it('are filtered by state, in the address too', async () => {
    const { page, address, user } = await open()
    await page.findByRole('table', { name: 'Devices' })
    await user.click(page.getByRole('combobox', { name: 'State' }))
    await user.click(await shown.findByRole('option', { name: 'Failed' }))
    await expect.poll(address).toContain('state=failed')
    await vi.waitFor(() => {
      const rows = within(page.getByRole('table', { name: 'Devices' })).getAllByRole('row')
      expect(rows.slice(1).every(({ textContent }) => textContent.includes('Failed'))).toBe(true)
    })
  })

  it('say what an empty list means', async () => {
    screen.answer(DEVICES, { body: { items: [], next: null } satisfies CampaignDevicePage })
    const { page } = await open({}, '?state=refused')
    expect(await page.findByText('No devices in this state')).toBeTruthy()
  })

  it('say what failed with its code, beside the campaign itself', async () => {
    screen.answer(DEVICES, { problem: 'server.internal' })
    const { page } = await open()
    expect((await page.findByRole('alert')).textContent).toContain('server.internal')
    expect(page.getByRole('table', { name: 'Phases' })).toBeTruthy()
  })
})

describe('a campaign is', () => {
  it('paused, and resumed', async () => {
    const { campaignId } = await readRunning()
    screen.open(`/campaigns/${campaignId}`)
    const user = userEvent.setup({ delay: null })
    for (const name of ['Pause', 'Resume', 'Pause']) await user.click(await idleButton(name))
    await vi.waitFor(() => {
      expect([sentTo('/pause').length, sentTo('/resume').length]).toEqual([2, 1])
    })
  })

  it('stopped only after the person was told that it is for good', async () => {
    const { user } = await open()
    await user.click(await button('Stop'))
    const dialog = within(await shown.findByRole('dialog'))
    expect(dialog.getByText(/cannot be resumed/)).toBeTruthy()
    expect(sentTo('/stop')).toEqual([])
    await user.click(dialog.getByRole('button', { name: 'Stop campaign' }))
    expect(await shown.findByText('Campaign stopped.')).toBeTruthy()
    expect(sentTo('/stop')).toHaveLength(1)
  })

  it('not stopped where the server refuses, which the dialog says', async () => {
    const { user } = await open()
    screen.answer('POST /campaigns/:campaignId/stop', { problem: 'campaign.state-refused' })
    await user.click(await button('Stop'))
    const dialog = within(await shown.findByRole('dialog'))
    await user.click(dialog.getByRole('button', { name: 'Stop campaign' }))
    expect((await dialog.findByRole('alert')).textContent).toContain('campaign.state-refused')
  })

  it('left alone by an auditor, whose buttons say why', async () => {
    screen.signInAs('auditor')
    await open()
    for (const name of ['Pause', 'Stop'])
      expect((await button(name)).getAttribute('aria-disabled')).toBe('true')
  })

  it('over: nothing can be done to it', async () => {
    await open({ state: 'finished', finishedAt: '2026-11-30T12:00:00.000Z' })
    for (const name of ['Pause', 'Resume', 'Stop'])
      expect(shown.queryByRole('button', { name })).toBeNull()
  })
})
