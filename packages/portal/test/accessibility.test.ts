import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { uuidOf } from '../mock-api/fleet.ts'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const CAMPAIGN = `/campaigns/${uuidOf('campaign tests')}`
const PROPOSAL = `/proposals/${uuidOf('proposal 1')}`

const SCREENS = [
  '/',
  '/devices',
  '/approvals',
  '/refused',
  '/keys',
  '/commands',
  '/commands?tab=campaigns',
  CAMPAIGN,
  '/findings',
  '/groups',
  '/bulk-acts',
  '/policies',
  '/imports',
  '/models',
  '/trust',
  '/record',
  '/webhooks',
  '/proposals',
  PROPOSAL,
  '/two-person-rules',
  '/operators',
  '/access-log',
  '/account',
  `/policies/${uuidOf('policy Standard')}`,
  `/imports/${uuidOf('waiting import')}`,
  `/imports/${uuidOf('import')}`,
  '/devices?state=bogus',
  '/nowhere',
  '/devices/bogus',
]
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const GROUP = uuidOf('Northern region')

/** Dialogs and what opens in place: each by its page and the steps that open it. */
const OPENED: readonly (readonly [
  name: string,
  path: string,
  open: (page: Page) => Promise<void>,
])[] = [
  ['a selection', '/devices', selectPage],
  ['suspending many', '/devices', (page) => actOnPage(page, 'Suspend')],
  ['assigning many to a group', '/devices', (page) => actOnPage(page, 'Assign to a group')],
  ['a command for many', '/devices', (page) => actOnPage(page, 'Send a command')],
  ['approving a device', '/devices', (page) => press(page, 'Approve a device')],
  ['a new group', '/groups', (page) => press(page, 'New group')],
  ['editing a group', `/groups/${GROUP}`, (page) => press(page, 'Edit')],
  ['adding to a group', `/groups/${GROUP}`, (page) => press(page, 'Add from a file')],
  ['emptying a group', `/groups/${GROUP}`, (page) => press(page, 'Empty')],
  ['inviting an operator', '/operators', (page) => press(page, 'Invite operator')],
  ['changing a role', '/operators', (page) => press(page, 'Role: Lea Moreau')],
  ['resetting a password', '/operators', (page) => press(page, 'Reset: Lea Moreau')],
  ['the sessions of an operator', '/operators', (page) => press(page, 'Sessions: Lea Moreau')],
  ['mapping columns', '/imports', dropTable],
  ['ordering a rotation', '/keys', (page) => press(page, 'Order rotation')],
  ['stopping a campaign', CAMPAIGN, (page) => press(page, 'Stop')],
  ['confirming a proposal', PROPOSAL, (page) => press(page, 'Confirm …')],
  ['composing a command', '/commands', (page) => press(page, 'Send commands')],
  ['a new model', '/models', (page) => press(page, 'Create model')],
  ['a form of serial numbers', '/models', (page) => press(page, /^Set a form/)],
  ['a new webhook', '/webhooks', (page) => press(page, 'Add webhook')],
]

const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('main').getByRole('button', { name }).first().click()

async function selectPage(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: 'Select every device on this page' }).check()
}

async function actOnPage(page: Page, act: string): Promise<void> {
  await selectPage(page)
  await press(page, act)
}

async function dropTable(page: Page): Promise<void> {
  const table = 'Serial;Make;Model;Remark\nA-1;Example;Slap 442;new\n'
  const file = { name: 'devices.csv', mimeType: 'text/csv', buffer: Buffer.from(table) }
  await page.locator('input[type=file]').setInputFiles(file)
}

/** What axe finds wrong, as `rule: target`. */
async function findWrong(page: Page): Promise<string[]> {
  // Through the debugger, because the content security policy admits no script of ours.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(
    (values): Promise<axe.AxeResults> =>
      // axe puts itself on the window.
      (window as unknown as { axe: typeof axe }).axe.run(document, {
        runOnly: { type: 'tag', values },
      }),
    TAGS,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${target.join(' ')}`),
  )
}

const settled = (page: Page) => page.waitForLoadState('networkidle').catch(() => undefined)

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('every screen is free of what axe knows to be wrong', async () => {
    await using portal = await openPortal({ context: { colorScheme } })
    const { page, server } = portal
    await portal.open('/sign-in')
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect.soft(await findWrong(page), '/sign-in').toEqual([])
    await portal.signIn()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    for (const path of [
      ...SCREENS,
      `/groups/${GROUP}`,
      `/devices/${server.world.fleet[0]!.deviceId}`,
    ]) {
      await portal.open(path)
      await page.locator('main h1').waitFor()
      await page.locator('main h2, main tbody, main ul, main a, main p').first().waitFor()
      await page.waitForTimeout(300)
      expect.soft(await findWrong(page), path).toEqual([])
    }
  }, 240_000)
})

describe.each(['light', 'dark'] as const)('opened in the %s theme', (colorScheme) => {
  test.each(OPENED.map(([name, path, open]) => ({ name, path, open })))(
    '$name is free of what axe knows to be wrong',
    async ({ name, path, open }) => {
      const page = await opened(colorScheme)
      await page.goto(`${portal?.server.origin ?? ''}${path}`)
      await page.locator('main h1').waitFor()
      await open(page)
      if (name !== 'a selection') await page.getByRole('dialog').waitFor()
      await page.waitForTimeout(300)
      expect(await findWrong(page)).toEqual([])
    },
    60_000,
  )

  let portal: PortalInChromium | undefined
  /** One browser for all of a theme: a new one for each dialog costs more than the dialog. */
  async function opened(scheme: 'light' | 'dark'): Promise<Page> {
    if (portal !== undefined) return portal.page
    portal = await openPortal({ context: { colorScheme: scheme } })
    portal.page.setDefaultTimeout(30_000)
    await portal.open('/sign-in')
    await portal.signIn()
    await portal.page.getByRole('heading', { name: 'Overview' }).waitFor()
    return portal.page
  }
  afterAll(() => portal?.[Symbol.asyncDispose]())
})

test('on a telephone nothing sticks out of the screen', async () => {
  const context = { viewport: { width: 390, height: 844 } }
  await using portal = await openPortal({ context })
  const { page, server } = portal
  await portal.signIn()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  for (const path of [
    ...SCREENS,
    `/groups/${GROUP}`,
    `/devices/${server.world.fleet[0]!.deviceId}`,
  ]) {
    await portal.open(path)
    await page.locator('main h1').waitFor()
    await page.waitForTimeout(300)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect.soft(width, path).toBeLessThanOrEqual(390)
  }
}, 90_000)

test('every screen can be reached, with nothing off this origin and nothing refused by the policy', async () => {
  await using portal = await openPortal()
  const { page } = portal
  await portal.signIn()
  const rail = page.getByRole('navigation', { name: 'Sections' })
  await rail.waitFor()
  for (const link of await rail.getByRole('link').all()) {
    await link.click()
    await page.locator('main h1').waitFor()
    await page.waitForTimeout(200)
  }
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await settled(page)
  expect(portal.faults).toEqual([])
}, 60_000)
