import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

async function openDevices(): Promise<PortalInChromium> {
  const portal = await openPortal()
  await portal.signIn()
  await portal.page.getByRole('heading', { name: 'Overview' }).waitFor()
  return portal
}

const keysOf = (text: string): string[] => text.split('')

/** As a barcode scanner: every key at once, and Enter behind them. */
async function scan({ page }: PortalInChromium, keys: readonly string[]): Promise<void> {
  await page.evaluate((pressed) => {
    for (const key of pressed) {
      const target = document.activeElement ?? document.body
      const isFree = target.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
      )
      // What a browser does with a key that nobody took.
      if (isFree && target instanceof HTMLInputElement && key.length === 1)
        document.execCommand('insertText', false, key)
    }
  }, keys)
}

test('a scanner behind / opens the device, though the search was never opened before', async () => {
  await using portal = await openDevices()
  const device = portal.server.world.fleet[7]!
  await scan(portal, ['/', ...keysOf(device.serialNo), 'Enter'])
  await portal.page.waitForURL(`**/devices/${device.deviceId}`)
  await portal.page.getByRole('heading', { name: device.serialNo }).waitFor()
})

test('a scanner behind Ctrl K opens the device, too', async () => {
  await using portal = await openDevices()
  const device = portal.server.world.fleet[9]!
  await portal.page.keyboard.press('Control+k')
  await scan(portal, [...keysOf(device.serialNo), 'Enter'])
  await portal.page.waitForURL(`**/devices/${device.deviceId}`)
})

test('what is typed before the program has loaded is searched for when it has', async () => {
  await using portal = await openDevices()
  const { page } = portal
  const device = portal.server.world.fleet[3]!
  let release: (() => void) | undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  await page.route(/\/assets\/.*\.js/, async (route) => {
    await held
    await route.continue()
  })
  await page.goto(`${portal.server.origin}/devices`, { waitUntil: 'commit' })
  await page.waitForFunction(() => 'sanadEarlyKeys' in window)
  await page.keyboard.type(`/${device.serialNo}`)
  await page.keyboard.press('Enter')
  release?.()
  await page.waitForURL(`**/devices/${device.deviceId}`)
})

test('letters typed behind / with the search still on its way stand in its field', async () => {
  await using portal = await openDevices()
  const { page } = portal
  await page.reload()
  let release: (() => void) | undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  await page.route(/\/assets\/palette.*\.js/, async (route) => {
    await held
    await route.continue()
  })
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.type('/jkgd')
  release?.()
  await expect
    .poll(() => page.getByRole('combobox', { name: 'Search devices' }).inputValue())
    .toBe('jkgd')
  expect(new URL(page.url()).pathname).toBe('/')
})

test('Enter before the answer opens nothing that stood there before', async () => {
  await using portal = await openDevices()
  const { page, server } = portal
  await page.keyboard.press('/')
  const field = page.getByRole('combobox', { name: 'Search devices' })
  await field.fill(server.world.fleet[0]!.serialNo.slice(0, 2))
  await page.getByRole('option').first().waitFor()
  await scan(portal, [...keysOf('-no such device'), 'Enter'])
  await page.getByText('Nothing matches').waitFor()
  expect(new URL(page.url()).pathname).toBe('/')
})
