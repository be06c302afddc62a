import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

async function openWebhooks(as = 'admin'): Promise<PortalInChromium> {
  const portal = await openPortal()
  await portal.open('/webhooks')
  await portal.signIn(as)
  await portal.page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor()
  return portal
}

test('each webhook says where it leads, what arrived, and why the last attempt failed', async () => {
  await using portal = await openWebhooks()
  const { page } = portal
  const tickets = page.getByRole('listitem').filter({ hasText: 'https://hooks.example/tickets' })
  await tickets.getByText('Failing', { exact: true }).waitFor()
  await tickets.getByText('HTTP 503').waitFor()
  await tickets.getByText(/12 events behind the record/).waitFor()
  await tickets.getByText(/Delivered up to event 4,711/).waitFor()
  expect(portal.faults).toEqual([])
})

test('a webhook is added with the events that are wanted; its secret is shown once and never again', async () => {
  await using portal = await openWebhooks()
  const { page, server } = portal
  await page.getByRole('button', { name: 'Add webhook' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('SIEM')
  await dialog.getByLabel('Address').fill('http://hooks.example/siem')
  await dialog.getByRole('button', { name: 'Add webhook' }).click()
  await dialog.getByText('Enter an address that begins with https://').waitFor()
  expect(server.world.webhooks).toHaveLength(3)
  await dialog.getByLabel('Address').fill('https://hooks.example/siem')
  await dialog.getByLabel('device.blocked').check()
  await dialog.getByText('1 type of event is sent.').waitFor()
  await dialog.getByRole('button', { name: 'Add webhook' }).click()
  await page.getByRole('heading', { name: 'Secret of SIEM' }).waitFor()
  const secret = (await page.getByRole('dialog').locator('pre').textContent()) ?? ''
  expect(secret).toMatch(/^\S{43}$/)
  await page.getByRole('button', { name: 'I have kept it' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('https://hooks.example/siem').waitFor()
  expect(await page.content()).not.toContain(secret)
  expect(server.world.webhooks.at(-1)).toMatchObject({
    name: 'SIEM',
    eventTypes: ['device.blocked'],
  })
  expect(portal.faults).toEqual([])
})

test('one that was disabled is resumed, and one is deleted after a question', async () => {
  await using portal = await openWebhooks()
  const { page, server } = portal
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(() => server.world.webhooks[2]?.state).toBe('active')
  const tickets = page.getByRole('listitem').filter({ hasText: 'https://hooks.example/tickets' })
  await tickets.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete Tickets?' })
  await dialog.waitFor()
  expect(server.world.webhooks).toHaveLength(3)
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await dialog.waitFor({ state: 'detached' })
  await tickets.waitFor({ state: 'detached' })
  expect(server.world.webhooks).toHaveLength(2)
})

test('whoever may not manage webhooks finds no way there, and is refused at the address', async () => {
  await using portal = await openWebhooks('auditor')
  const { page } = portal
  expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
  await page.getByText('operator.permission-missing').waitFor()
  const add = page.getByRole('button', { name: 'Add webhook' })
  expect(await add.getAttribute('aria-disabled')).toBe('true')
})
