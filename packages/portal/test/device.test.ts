import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

async function openDevice(as = 'admin', index = 0): Promise<PortalInChromium> {
  const portal = await openPortal()
  await portal.open(`/devices/${portal.server.world.fleet[index]!.deviceId}`)
  await portal.signIn(as)
  await portal.page.getByRole('heading', { name: 'Chain of trust' }).waitFor()
  return portal
}

test('the signature of the device’s certificate is verified in the browser', async () => {
  await using portal = await openDevice()
  await portal.page
    .getByText(/verified here/)
    .first()
    .waitFor()
  expect(portal.faults).toEqual([])
})

test('an act asks for its reason, is done on the server, and appears in the timeline', async () => {
  await using portal = await openDevice()
  const { page, server } = portal
  await page.getByRole('button', { name: 'Suspend' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  expect(server.world.fleet[0]!.state).toBe('registered')
  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: /under repair/i }).click()
  await dialog.getByRole('button', { name: /suspend/i }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(server.world.fleet[0]!.state).toBe('suspended')
  await page.getByText(/Suspended: under repair/).waitFor()
})

test('whoever came second is told, and nothing changes', async () => {
  await using portal = await openDevice()
  const { page, server } = portal
  const { deviceId } = server.world.fleet[0]!
  await page.getByRole('button', { name: 'De-register' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: /end of life/i }).click()
  server.world.act(deviceId, 'suspend', { reason: 'policy' })
  await dialog.getByRole('button', { name: /de-register/i }).click()
  await dialog.getByText('request.conflict').waitFor()
  expect(server.world.fleet[0]!.state).toBe('suspended')
})

test('an auditor sees every act disabled, with the reason', async () => {
  await using portal = await openDevice('auditor')
  const suspend = portal.page.getByRole('button', { name: 'Suspend' })
  expect(await suspend.getAttribute('aria-disabled')).toBe('true')
  await suspend.focus()
  await portal.page
    .getByText(/Your role, Auditor, does not allow this/)
    .first()
    .waitFor()
  await suspend.press('Enter')
  expect(await portal.page.getByRole('dialog').count()).toBe(0)
  expect(portal.server.world.fleet[0]!.state).toBe('registered')
})

test('a second unit that claims the serial number stands on the page of the device', async () => {
  await using portal = await openDevice('admin', 1)
  await portal.page.getByRole('heading', { name: 'Claims turned away' }).waitFor()
  await portal.page.getByText('R18-first-claim').waitFor()
})
