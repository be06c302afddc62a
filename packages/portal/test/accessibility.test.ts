import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { openPortal } from './portal-in-chromium.ts'

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const SCREENS = [
  '/',
  '/devices',
  '/approvals',
  '/refused',
  '/keys',
  '/commands',
  '/commands?tab=campaigns',
  '/findings',
  '/policies',
  '/imports',
  '/models',
  '/trust',
  '/record',
  '/webhooks',
  '/operators',
  '/access-log',
  '/account',
  '/devices?state=bogus',
  '/nowhere',
  '/devices/bogus',
]
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds wrong, as `rule: target`. */
async function findWrong(page: Page): Promise<string[]> {
  // Through the debugger, because the content security policy admits no script of ours.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(
    (values): Promise<axe.AxeResults> =>
      // axe puts itself on the window.
      (window as unknown as { axe: typeof axe }).axe.run(document, {
        runOnly: { type: 'tag', values },
      }),
    TAGS,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${target.join(' ')}`),
  )
}

const settled = (page: Page) => page.waitForLoadState('networkidle').catch(() => undefined)

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('every screen is free of what axe knows to be wrong', async () => {
    await using portal = await openPortal({ context: { colorScheme } })
    const { page, server } = portal
    await portal.open('/sign-in')
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect.soft(await findWrong(page), '/sign-in').toEqual([])
    await portal.signIn()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    for (const path of [...SCREENS, `/devices/${server.world.fleet[0]!.deviceId}`]) {
      await portal.open(path)
      await page.locator('main h1').waitFor()
      await page.locator('main h2, main tbody, main ul, main a').first().waitFor()
      await page.waitForTimeout(300)
      expect.soft(await findWrong(page), path).toEqual([])
    }
  }, 240_000)
})

test('on a telephone nothing sticks out of the screen', async () => {
  const context = { viewport: { width: 390, height: 844 } }
  await using portal = await openPortal({ context })
  const { page, server } = portal
  await portal.signIn()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  for (const path of [...SCREENS, `/devices/${server.world.fleet[0]!.deviceId}`]) {
    await portal.open(path)
    await page.locator('main h1').waitFor()
    await page.waitForTimeout(300)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect.soft(width, path).toBeLessThanOrEqual(390)
  }
}, 90_000)

test('every screen can be reached, with nothing off this origin and nothing refused by the policy', async () => {
  await using portal = await openPortal()
  const { page } = portal
  await portal.signIn()
  const rail = page.getByRole('navigation', { name: 'Sections' })
  await rail.waitFor()
  for (const link of await rail.getByRole('link').all()) {
    await link.click()
    await page.locator('main h1').waitFor()
    await page.waitForTimeout(200)
  }
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await settled(page)
  expect(portal.faults).toEqual([])
}, 60_000)
