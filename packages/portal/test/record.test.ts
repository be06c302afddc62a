import { expect, test } from 'vitest'
import { openPortal } from './portal-in-chromium.ts'

test('an import of sixty devices is one line with a count, which opens to each of them', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  const [device] = server.world.fleet
  const at = new Date().toISOString()
  const [pattern] = server.world.timeline(device!.deviceId)
  const approved = server.world.fleet.map(({ deviceId, serialNo, make, model }, index) => ({
    ...pattern!,
    seq: 5_000 - index,
    at,
    type: 'device.approved' as const,
    actor: 'server' as const,
    actorName: null,
    deviceId,
    device: { serialNo, make, model },
    data: { make, model, serialNo, source: 'csv', hasEnrolmentSecret: false },
    note: null,
  }))
  server.world.record = () => approved
  await portal.open('/record')
  await portal.signIn()
  const row = page.getByText('The server approved 60 devices from a CSV import.')
  await row.waitFor()
  expect(await page.locator('tbody tr').count()).toBe(1)
  await row.click()
  await expect.poll(() => page.locator('tbody tr').count()).toBe(61)
  await page.getByText(`The server approved ${device!.serialNo} from a CSV import.`).waitFor()
  expect(portal.faults).toEqual([])
})

test('each event on the overview says which device, and leads to it', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  await portal.signIn()
  const events = page.locator('section').filter({ hasText: 'Latest events' })
  await events.getByText('changed its status from').first().waitFor()
  const link = events.getByRole('link').filter({ hasText: /^EX/ }).first()
  const serialNo = (await link.textContent()) ?? ''
  await link.click()
  await page.getByRole('heading', { name: serialNo }).waitFor()
  expect(server.world.fleet.map((device) => device.serialNo)).toContain(serialNo)
})

test('no page shows an id of an operator where it has the name', async () => {
  await using portal = await openPortal()
  const { page } = portal
  await portal.open('/record')
  await portal.signIn()
  await page.locator('tbody tr').first().waitFor()
  expect(await page.locator('main').textContent()).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
})
