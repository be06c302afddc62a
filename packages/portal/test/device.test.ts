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

test('the chain is verified up to the country’s root, which can be looked at', async () => {
  await using portal = await openDevice()
  const { page } = portal
  await expect.poll(() => page.getByText(/verified here/).count()).toBe(2)
  await page.getByText('Whole', { exact: true }).waitFor()
  await page.getByRole('button', { name: /Country root/ }).click()
  const sheet = page.getByRole('dialog')
  await sheet.getByText(/vouches for itself/).waitFor()
  await sheet
    .getByText(/signature.*(verified|holds|checked)/i)
    .first()
    .waitFor()
})

test('a country’s root that did not sign the provider’s certificate breaks the chain', async () => {
  await using portal = await openPortal()
  portal.server.world.trust.replaceRoot()
  await portal.open(`/devices/${portal.server.world.fleet[0]!.deviceId}`)
  await portal.signIn()
  await portal.page.getByText('Not whole', { exact: true }).waitFor()
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
  await page.getByText(/suspended .*: under repair/).waitFor()
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
  await portal.page.getByRole('heading', { name: 'Refused registrations' }).waitFor()
  await portal.page.getByText('R18-first-claim').waitFor()
})

const certificatesOf = ({ server: { world } }: PortalInChromium) => {
  const { serialNo, certificateNotAfter } = world.fleet[0]!
  return world.trust.certificatesOf(serialNo, certificateNotAfter!)
}

async function openCertificate(portal: PortalInChromium) {
  const [certificate] = certificatesOf(portal)
  await portal.page.getByTitle(certificate!.serialNumber).click()
  const sheet = portal.page.getByRole('dialog', { name: 'This device’s key' })
  await sheet.waitFor()
  return sheet
}

test('one certificate is revoked, after what follows was said and a reason given', async () => {
  await using portal = await openDevice()
  const { page } = portal
  const sheet = await openCertificate(portal)
  await sheet.getByRole('button', { name: 'Revoke' }).click()
  const dialog = page.getByRole('dialog', { name: /^Revoke this certificate/ })
  await dialog.getByText('A revocation cannot be undone.').waitFor()
  await dialog.getByText(/cannot return by itself/).waitFor()

  await dialog.getByRole('button', { name: 'Revoke certificate' }).click()
  await dialog.getByText('Choose a reason.').waitFor()
  expect(certificatesOf(portal)).toMatchObject([{ status: 'active', revokedAt: null }])

  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: 'key compromised' }).click()
  await dialog.getByText(/Verifiers also doubt what the key signed before/).waitFor()
  await dialog.getByRole('button', { name: 'Revoke certificate' }).click()
  await dialog.waitFor({ state: 'detached' })

  expect(certificatesOf(portal)).toMatchObject([
    { status: 'revoked', revocationReason: 'key-compromised' },
  ])
  await sheet.getByText('Revoked').waitFor()
  expect(await sheet.getByRole('button', { name: 'Revoke' }).count()).toBe(0)
  expect(portal.server.world.fleet[0]!.state).toBe('registered')
  expect(portal.faults).toEqual([])
})

test('whoever revokes second is told, and the first reason stays', async () => {
  await using portal = await openDevice()
  const { page, server } = portal
  const sheet = await openCertificate(portal)
  await sheet.getByRole('button', { name: 'Revoke' }).click()
  const dialog = page.getByRole('dialog', { name: /^Revoke this certificate/ })
  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: 'policy' }).click()
  const [certificate] = certificatesOf(portal)
  server.world.trust.revoke(server.world.fleet[0]!.serialNo, certificate!.serialNumber, 'stolen')
  await dialog.getByRole('button', { name: 'Revoke certificate' }).click()
  await dialog.getByText('key.transition-refused').waitFor()
  expect(certificatesOf(portal)).toMatchObject([{ revocationReason: 'stolen' }])
})

test('an auditor sees that a certificate can be revoked, and why not by them', async () => {
  await using portal = await openDevice('auditor')
  const sheet = await openCertificate(portal)
  const revoke = sheet.getByRole('button', { name: 'Revoke' })
  expect(await revoke.getAttribute('aria-disabled')).toBe('true')
  await revoke.focus()
  await portal.page
    .getByText(/Your role, Auditor, does not allow this/)
    .first()
    .waitFor()
  await revoke.press('Enter')
  expect(await portal.page.getByRole('dialog').count()).toBe(1)
  expect(certificatesOf(portal)).toMatchObject([{ status: 'active' }])
})

test('setting a clock back says what it does, asks for a reason, and shows how far it has come', async () => {
  await using portal = await openDevice()
  const { page, server } = portal
  const { deviceId } = server.world.fleet[0]!
  await page.getByRole('button', { name: 'Set the clock back' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/keeps the order, its reason and your name/).waitFor()
  await dialog.getByText(/that had expired become valid again/).waitFor()
  await dialog.getByRole('button', { name: 'Set the clock back' }).click()
  await dialog.getByText('Choose a reason.').waitFor()
  expect(server.world.clockResets.size).toBe(0)
  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: /repaired/i }).click()
  await dialog.getByRole('button', { name: 'Set the clock back' }).click()
  await dialog.waitFor({ state: 'detached' })
  const part = page.getByRole('region', { name: 'Setting the clock back' })
  await part.getByText('Waiting', { exact: true }).waitFor()
  const ordered = server.world.clockResets.get(deviceId)!
  const at = new Date().toISOString()
  server.world.clockResets.set(deviceId, { ...ordered, state: 'sent', sentAt: at })
  await part.getByText('Sent', { exact: true }).waitFor()
  server.world.clockResets.set(deviceId, { ...ordered, state: 'done', sentAt: at, doneAt: at })
  await part.getByText('Done', { exact: true }).waitFor()
  expect(await part.getByText('Not yet').count()).toBe(0)
  expect(portal.faults).toEqual([])
})

test('who may not set a clock back is told why, and nothing is ordered', async () => {
  await using portal = await openDevice('auditor')
  const { page, server } = portal
  const button = page.getByRole('button', { name: 'Set the clock back' })
  expect(await button.getAttribute('aria-disabled')).toBe('true')
  await button.focus()
  await page
    .getByText(/does not allow this/)
    .first()
    .waitFor()
  await button.press('Enter')
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(server.world.clockResets.size).toBe(0)
})

test('a refusal has the button that its sentence advises, and the act is done from there', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  const refusal = server.world.refusals.find(({ deviceId }) => deviceId !== null)!
  await portal.open(`/devices/${refusal.deviceId!}`)
  await portal.signIn()
  const claims = page.locator('section').filter({ hasText: 'Refused registrations' })
  await claims.getByRole('button', { name: 'Block' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: /suspected clone/i }).click()
  await dialog.getByRole('button', { name: 'Block device' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(server.world.device(refusal.deviceId!).state).toBe('blocked')
})

test('a device that asks for a secret is not approved again without one', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  const { world } = server
  const device = world.fleet.find(({ level }) => level === 'L0')!
  const model = world.models.findIndex(({ modelId }) => modelId === device.modelId)
  world.models[model] = { ...world.models[model]!, l0Policy: 'enrolment-secret' }
  world.act(device.deviceId, 'deregister', { reason: 'lost' })
  await portal.open(`/devices/${device.deviceId}`)
  await portal.signIn()
  await page.getByRole('button', { name: 'Approve again' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: /repaired/i }).click()
  await dialog.getByRole('button', { name: 'Approve device' }).click()
  await dialog.getByText('Without a new secret this device cannot register.').waitFor()
  expect(world.device(device.deviceId).state).toBe('deregistered')
  await dialog.getByLabel(/secret/i).fill('a'.repeat(64))
  await dialog.getByRole('button', { name: 'Approve device' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(world.device(device.deviceId).state).toBe('approved')
})

test('a blocked device that speaks is an alarm on its page', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  const device = server.world.fleet.find(({ connected }) => connected)!
  server.world.act(device.deviceId, 'block', { reason: 'stolen' })
  await portal.open(`/devices/${device.deviceId}`)
  await portal.signIn()
  await page.getByRole('alert').getByText('A blocked device is in use').waitFor()
})
