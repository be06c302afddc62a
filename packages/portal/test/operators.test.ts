import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

async function openOperators(as = 'admin', path = '/operators'): Promise<PortalInChromium> {
  const portal = await openPortal()
  await portal.open(path)
  await portal.signIn(as)
  return portal
}

test('an operator is invited by a link that is shown once, chooses a password by it, and signs in', async () => {
  await using portal = await openOperators()
  const { page, server } = portal
  await page.getByRole('button', { name: 'Invite operator' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Hana Tesfaye')
  await dialog.getByRole('button', { name: 'Invite operator' }).click()
  await dialog.getByText('Choose a role.').waitFor()
  await dialog.getByRole('combobox').click()
  await page.getByRole('option', { name: 'Security officer' }).click()
  await dialog.getByRole('button', { name: 'Invite operator' }).click()
  await page.getByRole('heading', { name: 'Link for Hana Tesfaye' }).waitFor()
  const link = (await page.getByRole('dialog').locator('pre').textContent()) ?? ''
  expect(link).toMatch(/\/invitation#[\w-]{43}$/)
  await page.getByRole('button', { name: 'I have passed it on' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect(await page.content()).not.toContain(link.split('#')[1])
  await page.context().clearCookies()
  await page.goto(link)
  await page.getByText('For Hana Tesfaye, Security officer.').waitFor()
  // The token does not stay in the address.
  await expect.poll(() => page.url()).toBe(`${server.origin}/invitation`)
  await page.getByLabel('New password', { exact: true }).fill('short')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('Use at least 12 characters.').waitFor()
  await page.getByLabel('New password', { exact: true }).fill('the lake behind our house')
  await page.getByLabel('New password again').fill('the lake behind our house')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('Name').fill('Hana Tesfaye')
  await page.getByLabel('Password', { exact: true }).fill('the lake behind our house')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Hana Tesfaye, account menu' }).click()
  await page.getByRole('menuitem', { name: 'Your account' }).click()
  await page.getByText('Firefox 139, Linux').waitFor()
  expect(portal.faults).toEqual([])
})

test('a link that was used says so, with what to do', async () => {
  await using portal = await openPortal()
  await portal.open(`/invitation#${'A'.repeat(43)}`)
  await portal.page.getByText('operator.invitation-ended').waitFor()
  await portal.page.getByText(/Ask an administrator for a new one/).waitFor()
})

test('the list says who gets in and how; the last administrator stays, with the reason', async () => {
  await using portal = await openOperators()
  const { page, server } = portal
  const row = (name: string) => page.getByRole('listitem').filter({ hasText: name })
  await row('Lea Moreau').getByText('Invited').waitFor()
  await row('Zeynep Kaya').getByText('Invitation expired').waitFor()
  await page.getByRole('button', { name: 'Disable: Aster Bekele' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await page.getByText('operator.last-administrator').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Disable: Noor Rahman' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await row('Noor Rahman').getByText('Disabled').waitFor()
  expect(server.world.operators.list[2]).toMatchObject({ state: 'disabled' })
  await page.getByRole('button', { name: 'Role: Lea Moreau' }).click()
  await page.getByRole('dialog').getByRole('combobox').click()
  await page.getByRole('option', { name: 'Technician' }).click()
  await page.getByRole('button', { name: 'Change role' }).click()
  await row('Lea Moreau').getByText('Technician').waitFor()
  await page.getByRole('button', { name: 'Sessions: Lea Moreau' }).click()
  await page.getByRole('button', { name: 'End all' }).click()
  await page.getByText('No sessions').waitFor()
})

test('one’s own sessions are listed, and ended one by one or all others at once', async () => {
  await using portal = await openOperators('auditor', '/account')
  const { page, server } = portal
  await page.getByText('Edge 137, Windows').waitFor()
  await page.getByRole('button', { name: 'End', exact: true }).first().click()
  await expect.poll(() => server.world.operators.sessions.length).toBe(2)
  await page.getByRole('button', { name: 'End all others' }).click()
  await expect.poll(() => server.world.operators.sessions.length).toBe(1)
  await page.getByText('this session').waitFor()
  expect(portal.faults).toEqual([])
})

test('who may only read finds the list and the access log, and a reason on every button', async () => {
  await using portal = await openOperators('auditor')
  const { page } = portal
  const invite = page.getByRole('button', { name: 'Invite operator' })
  expect(await invite.getAttribute('aria-disabled')).toBe('true')
  await page.getByRole('link', { name: 'Access log' }).click()
  await page.getByRole('combobox', { name: 'Outcome' }).click()
  await page.getByRole('option', { name: 'Failed' }).click()
  await page.getByText('database.unavailable').first().waitFor()
  expect(await page.getByText('operator.credentials-wrong').count()).toBe(0)
  expect(new URL(page.url()).searchParams.get('outcome')).toBe('failed')
})
