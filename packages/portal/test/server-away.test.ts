import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

async function openOverview(): Promise<PortalInChromium> {
  const portal = await openPortal()
  await portal.signIn()
  await portal.page.getByRole('heading', { name: 'Overview' }).waitFor()
  return portal
}

const goTo = ({ page }: PortalInChromium, section: string) =>
  page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: section }).click()

test('with the server away, a page that was never open stays in the frame, says so, and comes by itself', async () => {
  await using portal = await openOverview()
  const { page } = portal
  await page.route('**/*', (route) => route.abort())
  await goTo(portal, 'Trust')
  await page.getByText('This page could not be shown.').waitFor()
  await page.getByText('The server has not answered since').waitFor()
  expect(await page.getByRole('alert').first().textContent()).toContain('portal.unreachable')
  expect(await page.getByRole('navigation', { name: 'Sections' }).count()).toBe(1)
  await page.unroute('**/*')
  await page.getByRole('heading', { name: 'Trust' }).waitFor({ timeout: 15_000 })
})

test('idle, the portal fetches its other pages, and they open without the server’s files', async () => {
  await using portal = await openOverview()
  const { page } = portal
  const isHere = (name: string) =>
    page.evaluate(
      (part) => performance.getEntriesByType('resource').some((each) => each.name.includes(part)),
      `/assets/${name}`,
    )
  await expect.poll(() => isHere('webhooks-page'), { timeout: 20_000 }).toBe(true)
  await expect.poll(() => isHere('keys-dialog'), { timeout: 20_000 }).toBe(true)
  await page.route('**/assets/**', (route) => route.abort())
  await goTo(portal, 'Trust')
  await page.getByRole('heading', { name: 'Trust' }).waitFor()
})

test('a file of an older build that is gone leads to a calm word about the new version', async () => {
  await using portal = await openOverview()
  const { page } = portal
  await page.route(/\/assets\/trust-page/, (route) => route.fulfill({ status: 404, body: '' }))
  await page.route(/:\d+\/$/, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<script type="module" src="/assets/index-of-the-new-build.js"></script>',
    }),
  )
  await goTo(portal, 'Trust')
  await page.getByText('The management server was updated').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.unrouteAll()
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await page.getByRole('heading', { name: 'Trust' }).waitFor()
})

test('an answer of somebody between is not taken for the server’s fault', async () => {
  await using portal = await openOverview()
  const { page } = portal
  await page.route(/\/api\/v1\/devices\?/, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<h1>Please sign in to the network</h1>' }),
  )
  await goTo(portal, 'Devices')
  const alert = page.getByRole('alert').first()
  await alert.waitFor()
  expect(await alert.textContent()).toContain('portal.not-an-answer')
})
