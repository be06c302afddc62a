import { expect, test } from 'vitest'
import { openPortal } from './portal-in-chromium.ts'

test('whoever is not signed in is asked to, and then comes where they wanted to go', async () => {
  await using portal = await openPortal()
  await portal.open('/devices?state=%5B%22blocked%22%5D')
  await portal.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await portal.signIn()
  await portal.page.getByRole('heading', { name: 'Devices' }).waitFor()
  expect(new URL(portal.page.url()).searchParams.get('state')).toBe('["blocked"]')
  expect(portal.faults).toEqual([])
})

test('a wrong password opens nothing, and says so with its code', async () => {
  await using portal = await openPortal()
  await portal.signIn('admin', 'not the password')
  const alert = portal.page.getByRole('alert')
  await alert.waitFor()
  expect(await alert.textContent()).toContain('operator.credentials-wrong')
  expect(await portal.page.context().cookies()).toEqual([])
  expect(new URL(portal.page.url()).pathname).toBe('/sign-in')
})

test('nothing is shown before a one-time password is replaced', async () => {
  await using portal = await openPortal()
  await portal.signIn('newcomer')
  const { page } = portal
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor()
  expect(await page.getByRole('navigation').count()).toBe(0)
  await page.getByLabel('One-time password').fill('correct horse battery staple')
  await page.getByLabel('New password', { exact: true }).fill('a long enough sentence')
  await page.getByLabel('New password again').fill('a long enough sentence')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

test('signing out ends the session on the server, not only on the screen', async () => {
  await using portal = await openPortal()
  await portal.signIn()
  const { page } = portal
  await page.getByRole('button', { name: 'Aster Bekele, account menu' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const answer = await page.request.get(`${portal.server.origin}/api/v1/session`)
  expect(answer.status()).toBe(401)
})
