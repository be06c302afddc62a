import { expect, test } from 'vitest'
import { openPortal } from './portal-in-chromium.ts'

test('in a page that is read from the right, no code, serial number or time is reordered', async () => {
  await using portal = await openPortal()
  const { page, server } = portal
  await page.addInitScript(() => localStorage.setItem('sanad.language', 'en-XB'))
  await portal.open('/sign-in')
  await page.locator('input[autocomplete=username]').fill('admin')
  await page.locator('input[autocomplete=current-password]').fill('correct horse battery staple')
  await page.locator('button[type=submit]').click()
  await page.locator('main h2').first().waitFor()
  for (const path of [
    '/',
    '/devices',
    '/record',
    '/refused',
    `/devices/${server.world.fleet[1]!.deviceId}`,
  ]) {
    await portal.open(path)
    await page.locator('main time, main code').first().waitFor({ state: 'attached' })
    const looks = await page.evaluate(() =>
      [...document.querySelectorAll('main code, main time, main bdi, main .font-mono')].map(
        (each) => {
          const { direction, unicodeBidi } = getComputedStyle(each)
          return { text: each.textContent, direction, unicodeBidi }
        },
      ),
    )
    expect(looks.length, path).toBeGreaterThan(0)
    const loose = looks.filter(({ direction, unicodeBidi }) => {
      const isIsolated = ['isolate', 'plaintext', 'isolate-override'].includes(unicodeBidi)
      return !isIsolated || (direction !== 'ltr' && unicodeBidi === 'isolate')
    })
    expect.soft(loose, path).toEqual([])
  }
}, 60_000)
