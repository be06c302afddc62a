import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openPortal } from './portal-in-chromium.ts'

const LISTS = [
  '/',
  '/devices',
  '/approvals',
  '/refused',
  '/keys',
  '/commands',
  '/findings',
  '/policies',
  '/imports',
  '/models',
  '/trust',
  '/record',
  '/webhooks',
  '/operators',
  '/access-log',
  '/account',
]
const NAMES =
  'state type level model group sort check silenced by tab campaign shown verdict code q after page add foo'
const BOGUS = ['bogus', '%5B%22a%00%22%2Cnull%5D', '9e999']
const NOBODY = '0a1b2c3d-0a1b-7a1b-8a1b-0a1b2c3d4e5f'

/** What only a page that broke, or one that blames the server, would say. */
const BLAMED = /portal\.broken|server\.internal|request\.malformed|different versions/

async function expectWhole(page: Page, where: string): Promise<void> {
  await page.locator('main h1').waitFor()
  await expect.poll(() => page.getByLabel('Loading…').count(), { timeout: 10_000 }).toBe(0)
  expect.soft(await page.locator('main').textContent(), where).not.toMatch(BLAMED)
  expect.soft(await page.getByRole('navigation', { name: 'Sections' }).count(), where).toBe(1)
}

test('no page breaks, or blames the server, for what may stand in its address', async () => {
  await using portal = await openPortal({ devices: 12 })
  await portal.signIn()
  await portal.page.locator('main h1').waitFor()
  const searches = BOGUS.map((value) =>
    NAMES.split(' ')
      .map((name) => `${name}=${value}`)
      .join('&'),
  )
  const paths = [...LISTS, `/devices/${portal.server.world.fleet[0]!.deviceId}`]
  for (const address of paths.flatMap((path) => searches.map((search) => `${path}?${search}`))) {
    await portal.open(address)
    await expectWhole(portal.page, address)
    expect.soft(await portal.page.getByText('The page ignores it.').count()).toBe(1)
  }
  expect(portal.faults).toEqual([])
}, 180_000)

test('a wrong value is named, the list is shown without it, and the rest of the address holds', async () => {
  await using portal = await openPortal()
  const { level } = portal.server.world.fleet[0]!
  await portal.open(`/devices?state=bogus&level=${level}`)
  // Also behind the sign-in that comes between.
  await portal.signIn()
  const { page } = portal
  await page.getByText('The address has “bogus” for state, which is not a valid value.').waitFor()
  await page.locator('tbody tr').first().waitFor()
  expect(new URL(page.url()).search).toBe(`?level=${level}`)
  await page.getByRole('button', { name: 'Close' }).click()
  await expect.poll(() => page.getByText('“bogus”').count()).toBe(0)
})

test('a place that the list does not have is named, and the first page is shown', async () => {
  await using portal = await openPortal()
  await portal.open('/devices?after=bm93aGVyZQ&page=3')
  await portal.signIn()
  await portal.page
    .getByText('The address has “bm93aGVyZQ” for after, which is not a valid value.')
    .waitFor()
  await portal.page.locator('tbody tr').first().waitFor()
  expect(new URL(portal.page.url()).search).toBe('')
})

test('a serial number of twenty digits in the address keeps each of them', async () => {
  await using portal = await openPortal()
  await portal.open('/devices?q=12345678901234567890')
  await portal.signIn()
  const filter = portal.page.getByRole('combobox', { name: 'Filter devices' })
  await expect.poll(() => filter.inputValue()).toBe('12345678901234567890')
})

test('where nothing is, the portal says so inside the frame, with a way back', async () => {
  await using portal = await openPortal({ devices: 2 })
  const { page } = portal
  await portal.signIn()
  await page.locator('main h1').waitFor()
  for (const path of [
    '/nowhere',
    '/devices/bogus',
    '/devices/%00',
    '/policies/1',
    '/imports/bogus?code=bogus',
    `/devices/${NOBODY}`,
    `/policies/${NOBODY}`,
    `/imports/${NOBODY}`,
  ]) {
    await portal.open(path)
    await page.getByText('There is nothing at this address').waitFor()
    const frame = page.getByRole('navigation', { name: 'Sections' })
    expect.soft(await frame.count(), path).toBe(1)
    expect.soft(await page.getByRole('heading', { level: 1 }).count(), path).toBe(1)
  }
  await page.getByRole('link', { name: 'Go to the overview' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}, 90_000)
