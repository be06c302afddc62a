import { expect, test } from 'vitest'
import { openPortal } from './portal-in-chromium.ts'

/** The machine may be busy, and progress is asked for once a second. */
const soon = { timeout: 20_000 }

test('a group is emptied and then deleted, from its page', async () => {
  await using portal = await openPortal({ devices: 60 })
  const { page, server } = portal
  const [group] = server.world.keys.groups
  const members = () =>
    server.world.fleet.filter((device) => device.group?.groupId === group?.groupId).length
  expect(members()).toBeGreaterThan(0)
  await portal.open(`/groups/${group?.groupId}`)
  await portal.signIn()
  await page.getByRole('button', { name: 'Empty', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Empty the group' }).click()
  await page.waitForURL(/\/bulk-acts\/[0-9a-f-]{36}$/)
  await page.getByText('Finished').waitFor(soon)
  expect(members()).toBe(0)
  await portal.open(`/groups/${group?.groupId}`)
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the group' }).click()
  await page.waitForURL(/\/groups$/)
  expect(server.world.keys.groups).not.toContain(group)
  expect(portal.faults).toEqual([])
})

test('a campaign begun on the page of a group opens its form with the group filled in', async () => {
  await using portal = await openPortal({ devices: 60 })
  const { page, server } = portal
  const [group] = server.world.keys.groups
  await portal.open(`/groups/${group?.groupId}`)
  await portal.signIn()
  await page.getByRole('link', { name: 'Campaigns', exact: true }).click()
  const form = page.getByRole('dialog')
  await expect
    .poll(() => form.getByRole('combobox', { name: 'Group' }).textContent(), soon)
    .toContain(group?.name ?? 'no group')
  await form.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => page.url(), soon).not.toContain('compose')
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(portal.faults).toEqual([])
})
