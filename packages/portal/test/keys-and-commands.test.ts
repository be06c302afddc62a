import { expect, test } from 'vitest'
import { openPortal } from './portal-in-chromium.ts'

test('other settings are tried on the forecast before anybody saves them', async () => {
  await using portal = await openPortal({ devices: 600 })
  const { page, server } = portal
  await portal.open('/keys')
  await portal.signIn()
  await page.getByRole('button', { name: 'Try other settings' }).click()
  await page.getByLabel('Rotation period, days').fill('15')
  await page.getByText('Due under the other settings').waitFor()
  await page.getByText(/→ \d/).first().waitFor()
  expect(server.world.keys.policies[0]?.version).toBe(2)
  expect(portal.faults).toEqual([])
})

test('a rotation shows whom it touches before it is ordered', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  await portal.open('/keys')
  await portal.signIn()
  await page.getByRole('button', { name: 'Order rotation' }).click()
  const dialog = page.getByRole('dialog')
  const devices = server.world.keys.forecast().devices
  await dialog.getByText(`${devices} devices rotate`).waitFor()
  await dialog.getByRole('button', { name: 'Order rotation' }).click()
  await dialog.waitFor({ state: 'detached' })
})

test('a policy shows what a change would do, is saved as a new version, and says what changed', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  await portal.open('/policies')
  await portal.signIn()
  await page.getByRole('link', { name: 'Standard' }).click()
  await page.getByLabel('Rotation period, days').fill('20')
  await page.getByRole('heading', { name: 'If you save this' }).waitFor()
  await page.getByText(/keys are due at once/).waitFor()
  expect(server.world.keys.policies[0]?.version).toBe(2)
  await page.getByRole('button', { name: 'Save as new version' }).click()
  await page.getByText('Rotation period, days: 30 → 20').waitFor()
  expect(server.world.keys.policies[0]).toMatchObject({
    version: 3,
    settings: { rotationDays: 20 },
  })
})

test('an auditor reads a policy and cannot change it, and is told why', async () => {
  await using portal = await openPortal()
  const { page } = portal
  await portal.open('/policies')
  await portal.signIn('auditor')
  await page.getByRole('link', { name: 'Standard' }).click()
  const save = page.getByRole('button', { name: 'Save as new version' })
  await save.waitFor()
  expect(await save.getAttribute('aria-disabled')).toBe('true')
  expect(await page.getByLabel('Rotation period, days').isEditable()).toBe(false)
})

test('one check of the findings is one press, stands in the address, and comes back with it', async () => {
  await using portal = await openPortal()
  const { page } = portal
  await portal.open('/findings')
  await portal.signIn()
  await page.getByRole('button', { name: /Away for too long/ }).click()
  await page.waitForURL(/check=check-in-late/)
  await expect.poll(() => page.locator('tbody tr').count()).toBe(3)
  await page.reload()
  await expect.poll(() => page.locator('tbody tr').count()).toBe(3)
})

test('a silenced finding leaves the list, and is found under “Silenced”', async () => {
  await using portal = await openPortal()
  const { page } = portal
  await portal.open('/findings?check=certificate-ended')
  await portal.signIn()
  await page.getByRole('button', { name: 'Silence', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Silence' }).click()
  await page.getByText('Nothing was found').waitFor()
  await page.getByRole('button', { name: /^Silenced/ }).click()
  await page.getByText('Certificate has expired').first().waitFor()
})

test('a command for one device is composed on its page, and is shown as waiting, not as delivered', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  await portal.open(`/devices/${server.world.fleet[0]!.deviceId}`)
  await portal.signIn()
  const before = server.world.commands.commands.length
  const panel = page.getByRole('region', { name: 'Commands' })
  await panel.getByRole('button', { name: 'Send command' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox').first().click()
  await page.getByRole('option', { name: 'Run self-test' }).click()
  await dialog.getByRole('button', { name: 'Send command' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(server.world.commands.commands).toHaveLength(before + 1)
  expect(server.world.commands.commands[0]).toMatchObject({
    type: 'run-self-test',
    state: 'queued',
  })
  await panel.getByText('Waiting').first().waitFor()
})

test('the composer has no word that could ask for a capture', async () => {
  await using portal = await openPortal()
  const { page } = portal
  await portal.open('/commands')
  await portal.signIn()
  await page.getByRole('button', { name: 'Send commands' }).click()
  await page.getByRole('dialog').getByRole('combobox').first().click()
  const words = (await page.getByRole('option').allTextContents()).join(' ').toLowerCase()
  expect(words).toContain('self-test')
  expect(words).not.toMatch(/captur|stream|image|template/)
})

test('a campaign is paused and stopped where it is listed', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  await portal.open('/commands?tab=campaigns')
  await portal.signIn()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  expect(server.world.commands.campaigns[0]?.state).toBe('paused')
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Stop campaign' }).click()
  await page.getByText('Stopped').first().waitFor()
  expect(server.world.commands.campaigns[0]?.state).toBe('stopped')
})
