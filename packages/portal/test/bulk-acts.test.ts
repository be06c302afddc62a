import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

/** The machine may be busy, and progress is asked for once a second. */
const soon = { timeout: 20_000 }

async function openList(search = '', devices = 130): Promise<PortalInChromium> {
  const portal = await openPortal({ devices })
  await portal.open(`/devices${search}`)
  await portal.signIn()
  await portal.page.getByRole('heading', { name: 'Devices' }).waitFor()
  await portal.page.locator('tbody tr').first().waitFor()
  return portal
}

test('all that match are selected, previewed, suspended, and who was left is listed', async () => {
  await using portal = await openList()
  const { page, server } = portal
  const registered = server.world.fleet.filter(({ state }) => state === 'registered').length
  const others = server.world.fleet.length - registered
  await page.getByRole('checkbox', { name: 'Select every device on this page' }).check()
  await page.getByRole('button', { name: 'Select all 130 that match' }).click()
  await page.getByRole('button', { name: 'Suspend', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Suspend these devices' })
  await dialog.getByText(`${registered} of 130 will change.`).waitFor()
  const submit = dialog.getByRole('button', { name: `Suspend ${registered} devices` })
  await submit.click()
  await dialog.getByText('Choose a reason.', { exact: true }).waitFor()
  expect(server.world.bulk.acts).toEqual([])
  await dialog.getByRole('combobox', { name: 'Reason' }).click()
  await page.getByRole('option', { name: 'Policy' }).click()
  await submit.click()
  await page.waitForURL(/\/bulk-acts\/[0-9a-f-]{36}$/)
  await page.getByText('Finished').waitFor(soon)
  await page.getByText(`${registered} changed, ${others} not changed.`).waitFor(soon)
  const listed = page.getByRole('table', { name: 'Not changed' }).locator('tbody tr')
  await expect.poll(() => listed.count(), soon).toBe(Math.min(others, 50))
  expect(server.world.fleet.some(({ state }) => state === 'registered')).toBe(false)
  expect(portal.faults).toEqual([])
})

test('with the keyboard alone a few devices are selected, and the choice ends with its filter', async () => {
  await using portal = await openList()
  const { page } = portal
  const boxes = page.locator('tbody').getByRole('checkbox')
  await boxes.nth(0).focus()
  await page.keyboard.press('Space')
  await boxes.nth(1).focus()
  await page.keyboard.press('Space')
  await page.getByRole('group', { name: 'Actions for the selected devices' }).waitFor()
  await expect
    .poll(() => page.getByRole('status').allTextContents(), soon)
    .toContain('2 devices selected')
  await page.getByRole('combobox', { name: 'Filter devices' }).fill('state:approved')
  await page.keyboard.press('Enter')
  await page.waitForURL(/state=/)
  await expect
    .poll(() => page.getByRole('group', { name: 'Actions for the selected devices' }).count(), soon)
    .toBe(0)
  expect(portal.faults).toEqual([])
})

test('who may not act on many sees no boxes, and who may not end trust is told so', async () => {
  await using portal = await openPortal({ devices: 60 })
  await portal.open('/devices')
  await portal.signIn('auditor')
  await portal.page.locator('tbody tr').first().waitFor()
  expect(await portal.page.getByRole('checkbox').count()).toBe(0)
})

test('a group shows its devices by state, and orders a rotation for all of them', async () => {
  await using portal = await openPortal({ devices: 60 })
  await portal.open('/groups')
  await portal.signIn()
  const { page, server } = portal
  const [group] = server.world.keys.groups
  await page.getByRole('link', { name: group?.name ?? '' }).click()
  await page.getByRole('heading', { name: group?.name ?? '' }).waitFor()
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('dialog').getByLabel('Name').waitFor()
  await page.keyboard.press('Escape')
  const rotate = page.getByRole('button', { name: 'Rotate keys' })
  await rotate.waitFor()
  await rotate.click()
  await page.getByRole('dialog', { name: 'Rotate the keys of these devices' }).waitFor()
  await page.getByText('will change.').waitFor()
  expect(portal.faults).toEqual([])
})
