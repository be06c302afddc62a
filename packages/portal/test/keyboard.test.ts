import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MOCK_PASSWORD } from '../mock-api/sessions.ts'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

/** The main acts by keyboard alone: nothing here touches a mouse, nor puts the focus anywhere by script. */

const MOST_TABS = 120
/** Each press of Tab is one exchange with the browser. */
const slow = { timeout: 120_000 }

/** The name that a screen reader gives what has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement
    if (element === null || element === document.body) return ''
    const labelled = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : ''
    return (element.getAttribute('aria-label') || labelled || element.textContent || '').trim()
  })

async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < MOST_TABS; presses += 1) {
    if (name.test(await focused(page))) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${String(name)} cannot be reached with Tab`)
}

async function signInByKeyboard(): Promise<PortalInChromium> {
  const portal = await openPortal()
  const { page, server } = portal
  await page.goto(`${server.origin}/sign-in`)
  await page.getByLabel('Name').waitFor()
  await tabTo(page, /^Name/)
  await page.keyboard.type('admin')
  await tabTo(page, /^Password/)
  await page.keyboard.type(MOCK_PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  return portal
}

async function goTo(page: Page, letter: string, title: string): Promise<void> {
  await page.keyboard.press('g')
  await page.keyboard.press(letter)
  await page.getByRole('heading', { name: title, level: 1 }).waitFor()
}

test(
  'with the keyboard a device is found, opened and suspended, and the focus returns',
  slow,
  async () => {
    await using portal = await signInByKeyboard()
    const { page, server } = portal
    await goTo(page, 'd', 'Devices')
    const device = server.world.fleet.find(({ state }) => state === 'registered')
    if (device === undefined) throw new Error('no registered device')
    await page.keyboard.press('/')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type(device.serialNo)
    await page.getByRole('option', { name: device.serialNo }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`/devices/${device.deviceId}`))
    await page.getByRole('button', { name: 'Suspend' }).waitFor()
    await tabTo(page, /^Suspend$/)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: `Suspend ${device.serialNo}?` })
    await dialog.waitFor()
    await tabTo(page, /^Suspend device$/)
    await page.keyboard.press('Enter')
    await dialog.getByText('Choose a reason.', { exact: true }).waitFor()
    // The missing field has the focus: it opens, and is answered, where one is.
    await page.keyboard.press('Enter')
    await page.getByRole('option').first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await tabTo(page, /^Suspend device$/)
    await page.keyboard.press('Enter')
    await page.getByText(`${device.serialNo} is suspended.`).waitFor()
    await dialog.waitFor({ state: 'hidden' })
    const stateNow = () =>
      server.world.fleet.find(({ deviceId }) => deviceId === device.deviceId)?.state
    await expect.poll(stateNow).toBe('suspended')
    await expect.poll(() => focused(page)).not.toBe('')
    expect(portal.faults).toEqual([])
  },
)

test(
  'with the keyboard a row is opened, a group is made, and Escape lets a dialog go',
  slow,
  async () => {
    await using portal = await signInByKeyboard()
    const { page } = portal
    await goTo(page, 'd', 'Devices')
    await page.locator('tbody tr').first().waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/devices\/[0-9a-f-]{36}$/)
    await goTo(page, 'b', 'Groups')
    await tabTo(page, /^New group$/)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New group' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await expect.poll(() => focused(page)).toBe('New group')
    await page.keyboard.press('Enter')
    await dialog.waitFor()
    await expect.poll(() => focused(page)).toMatch(/^Name/)
    await page.keyboard.type('By keyboard')
    const [request] = await Promise.all([
      page.waitForRequest((sent) => sent.method() === 'POST' && sent.url().endsWith('/groups')),
      page.keyboard.press('Enter'),
    ])
    expect(request.postDataJSON()).toEqual({ name: 'By keyboard' })
    expect(portal.faults).toEqual([])
  },
)

test(
  'with the keyboard a registration is approved, a rotation ordered, and a file chosen',
  slow,
  async () => {
    await using portal = await signInByKeyboard()
    const { page } = portal
    await goTo(page, 'a', 'Approvals')
    await page.getByRole('button', { name: 'Approve', exact: true }).first().waitFor()
    await tabTo(page, /^Approve$/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await tabTo(page, /^Approve the device$/)
    await page.keyboard.press('Enter')
    await page.getByText(/is approved; it registers within a minute\.$/).waitFor()
    await goTo(page, 'k', 'Keys')
    await page.getByRole('button', { name: 'Order rotation' }).waitFor()
    await tabTo(page, /^Order rotation$/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Order a key rotation' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    let choosers = 0
    page.on('filechooser', () => (choosers += 1))
    await goTo(page, 'i', 'Imports')
    await page.getByRole('button', { name: 'Choose a file' }).first().waitFor()
    await tabTo(page, /^Choose a file$/)
    await page.keyboard.press('Enter')
    await expect.poll(() => choosers).toBe(1)
    expect(portal.faults).toEqual([])
  },
)
