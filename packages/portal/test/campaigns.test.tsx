import { screen as shown, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { requirePhases } from '@sanad/protocol/operator-api/campaign-phases'
import type { NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import { describe, expect, it, vi } from 'vitest'
import { CommandComposer } from '../src/commands/command-composer.tsx'
import { openScreen } from './screen.tsx'

const screen = openScreen()

async function compose() {
  const user = userEvent.setup({ delay: null })
  screen.show(<CommandComposer onClose={() => {}} />)
  const dialog = within(await shown.findByRole('dialog'))
  await user.type(dialog.getByLabelText('Name of the campaign'), 'Try it first')
  const send = async (): Promise<NewCampaign> => {
    await user.click(dialog.getByRole('button', { name: 'Start campaign' }))
    return vi.waitFor(() => {
      const sent = screen.sent.find(
        ({ method, path }) => method === 'POST' && path.endsWith('/campaigns'),
      )
      if (sent === undefined) throw new Error('nothing was sent')
      // As the form makes it.
      return sent.body as NewCampaign
    })
  }
  return { user, dialog, send }
}

describe('the form of a campaign', () => {
  it('sends all devices at once where no phase is added', async () => {
    const { send } = await compose()
    const campaign = await send()
    expect(campaign).not.toHaveProperty('phases')
    expect(campaign).not.toHaveProperty('maintenanceWindow')
  })

  it('proposes ten devices first, then a share, and tells the rest last', async () => {
    const { user, dialog, send } = await compose()
    await user.click(dialog.getByRole('button', { name: 'Add a phase' }))
    await user.click(dialog.getByRole('button', { name: 'Add a phase' }))
    const { phases = [] } = await send()
    expect(() => requirePhases(phases)).not.toThrow()
    expect(phases).toMatchObject([
      {
        devices: 10,
        soakMinutes: 60,
        success: { percent: 100, ofAtLeast: 10 },
        errors: { action: 'pause' },
      },
      { percent: 5, success: { percent: 95 } },
      {},
    ])
  })

  it('leaves out a phase that is removed', async () => {
    const { user, dialog, send } = await compose()
    await user.click(dialog.getByRole('button', { name: 'Add a phase' }))
    await user.click(dialog.getByRole('button', { name: 'Remove phase 1' }))
    expect(await send()).not.toHaveProperty('phases')
  })

  it('sends the days and hours of a maintenance window', async () => {
    const { user, dialog, send } = await compose()
    await user.click(dialog.getByLabelText(/maintenance window/))
    await user.click(within(dialog.getByRole('group', { name: 'Days' })).getByLabelText('Mon'))
    expect((await send()).maintenanceWindow).toEqual({
      days: [2, 3, 4, 5],
      from: '20:00',
      to: '06:00',
    })
  })
})

describe('a campaign that rotates keys', () => {
  const chooseRotation = async ({ user, dialog }: Awaited<ReturnType<typeof compose>>) => {
    await user.click(dialog.getByRole('combobox', { name: 'Command' }))
    await user.click(await shown.findByRole('option', { name: 'Rotate key' }))
  }

  it('is sent as an order to rotate, not as a command for each device', async () => {
    const composed = await compose()
    await chooseRotation(composed)
    const campaign = await composed.send()
    expect(campaign.rotation).toEqual({ reason: 'policy' })
    expect(campaign).not.toHaveProperty('command')
    expect(screen.sent.findLast(({ path }) => path.endsWith('/preview'))?.body).toMatchObject({
      kind: 'rotation',
    })
  })

  it('has no maintenance window and does not continue, even if they were chosen before', async () => {
    const composed = await compose()
    const { user, dialog, send } = composed
    await user.click(dialog.getByLabelText(/maintenance window/))
    await user.click(dialog.getByLabelText('Also send to devices that match later'))
    await chooseRotation(composed)
    expect(dialog.queryByLabelText(/maintenance window/)).toBeNull()
    const campaign = await send()
    expect(campaign).not.toHaveProperty('maintenanceWindow')
    expect(campaign.isContinuing).toBe(false)
  })

  it('says that the HSM sets its pace', async () => {
    const composed = await compose()
    await chooseRotation(composed)
    expect(composed.dialog.getByText(/no faster than the HSM signs/)).toBeTruthy()
  })
})

describe('the list of campaigns', () => {
  it('shows how far each phase is, and until when it waits', { timeout: 30_000 }, async () => {
    screen.open('/commands?tab=campaigns')
    const [phases] = await shown.findAllByRole('list', { name: 'Phases' }, { timeout: 20_000 })
    const items = within(phases ?? document.body).getAllByRole('listitem')
    expect(items.map(({ textContent }) => textContent)).toEqual([
      expect.stringMatching(/^Phase 1 · 10 devices.*Passed.*10 of 10 succeeded/),
      expect.stringMatching(/^Phase 2 · 70 %.*Waiting.*Next phase at the earliest/),
      expect.stringMatching(/^Phase 3 · all.*Not begun/),
    ])
  })
})
