import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

/** The list gathers changes before it asks anew, and the machine may be busy. */
const soon = { timeout: 8_000 }

async function openList(devices: number): Promise<PortalInChromium> {
  const portal = await openPortal({ devices })
  await portal.open('/devices')
  await portal.signIn()
  await portal.page.getByRole('heading', { name: 'Devices' }).waitFor()
  return portal
}

const states = (portal: PortalInChromium) =>
  portal.page.locator('tbody tr td:first-child').allTextContents()

test('a filter is a token, narrows the list, and stands in the address', async () => {
  await using portal = await openList(60)
  const { page } = portal
  const filter = page.getByRole('combobox', { name: 'Filter devices' })
  await filter.fill('state:approved')
  await filter.press('Enter')
  await page.waitForURL(/state=/)
  await expect.poll(async () => new Set(await states(portal)), soon).toEqual(new Set(['Approved']))
  await page.reload()
  await expect.poll(async () => new Set(await states(portal)), soon).toEqual(new Set(['Approved']))
  await filter.press('Backspace')
  await expect.poll(async () => (await states(portal)).length, soon).toBe(50)
  expect(new URL(page.url()).search).toBe('')
  expect(portal.faults).toEqual([])
})

test('words find a device by its serial number', async () => {
  await using portal = await openList(60)
  const serialNo = portal.server.world.fleet[7]!.serialNo
  await portal.page.getByRole('combobox', { name: 'Filter devices' }).fill(serialNo)
  await portal.page.waitForURL(/q=/)
  const rows = portal.page.locator('tbody tr')
  await expect.poll(() => rows.count(), soon).toBe(1)
  expect(await rows.textContent()).toContain(serialNo)
})

test('the list is walked by j and k, and Enter opens the device', async () => {
  await using portal = await openList(60)
  const { page } = portal
  await page.locator('tbody tr').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  const second = await page.locator('tbody tr').nth(1).locator('[data-row-link]').textContent()
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(second)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/devices\/[0-9a-f-]{36}$/)
  await page.getByRole('heading', { name: second! }).waitFor()
})

test('in the first second of a page, one letter does not lead elsewhere', async () => {
  await using portal = await openList(60)
  const { page } = portal
  const address = page.url()
  await page.evaluate(() => {
    const early = new KeyboardEvent('keydown', { key: 'k', bubbles: true })
    Object.defineProperty(early, 'timeStamp', { value: 300 })
    document.body.dispatchEvent(early)
  })
  await page.keyboard.press('j')
  expect(page.url()).toBe(address)
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
})

test('ten thousand devices come in pages, forth and back', async () => {
  await using portal = await openList(10_000)
  const { page } = portal
  const first = () => page.locator('tbody [data-row-link]').first().textContent()
  await page.locator('tbody tr').first().waitFor()
  const before = await first()
  await page.getByRole('button', { name: 'Next' }).click()
  await expect.poll(first, soon).not.toBe(before)
  expect(new URL(page.url()).searchParams.get('page')).toBe('2')
  await page.getByRole('button', { name: 'Previous' }).click()
  await expect.poll(first, soon).toBe(before)
})

test('a change on the server shows without a reload', async () => {
  await using portal = await openList(60)
  const { page, server } = portal
  await page.getByText('Live', { exact: true }).waitFor()
  const serialNo = await page.locator('tbody [data-row-link]').first().textContent()
  const device = server.world.fleet.find((each) => each.serialNo === serialNo)!
  server.world.act(device.deviceId, 'block', { reason: 'stolen' })
  server.tell(device.deviceId)
  await expect.poll(async () => (await states(portal))[0], soon).toBe('Blocked')
})

test('with no device at all it says what to do first', async () => {
  await using portal = await openList(0)
  await portal.page
    .getByRole('link', { name: /import/i })
    .first()
    .waitFor()
  expect(await portal.page.locator('tbody tr').count()).toBe(0)
})

test('a server that fails is named with its code, and a second try succeeds', async () => {
  await using portal = await openList(60)
  portal.server.fault = 'failing'
  await portal.open('/devices')
  const alert = portal.page.getByRole('alert').first()
  await alert.waitFor()
  expect(await alert.textContent()).toContain('server.overloaded')
  portal.server.fault = undefined
  await portal.page.getByRole('button', { name: 'Try again' }).first().click()
  await portal.page.locator('tbody tr').first().waitFor()
})
