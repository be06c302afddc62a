import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PortalInChromium, openPortal } from './portal-in-chromium.ts'

/** What a browser fetches until somebody can sign in: counted in a real one, by what the server would send. */

const DIST = join(import.meta.dirname, '..', 'dist')

/** The page, its script and style, fonts, an icon and the question who is signed in. */
const MOST_REQUESTS = 13
/** A second and a half at 1.6 Mbit/s, with the fonts. */
const MOST_BYTES = 300_000

let portal: PortalInChromium
beforeAll(async () => {
  portal = await openPortal()
}, 120_000)
afterAll(() => portal[Symbol.asyncDispose]())

/** Brotli where the build made it, as every browser takes it over TLS. */
async function sentBytes(path: string): Promise<number> {
  const file = join(DIST, path === '/sign-in' ? 'index.html' : path)
  for (const form of [`${file}.br`, file]) {
    const found = await stat(form).catch(() => undefined)
    if (found?.isFile() === true) return found.size
  }
  return 0
}

describe('the sign-in page', () => {
  it('is there after a handful of requests, and a fifth of a megabyte', async () => {
    const paths: string[] = []
    portal.page.on('request', (request) => void paths.push(new URL(request.url()).pathname))
    await portal.page.goto(`${portal.server.origin}/sign-in`, { waitUntil: 'networkidle' })
    await portal.page.getByLabel('Name').waitFor()
    const sizes = await Promise.all(paths.map(sentBytes))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    expect(paths.some((path) => path.endsWith('.js'))).toBe(true)
    expect(paths.length, paths.join('\n')).toBeLessThanOrEqual(MOST_REQUESTS)
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes, `${paths.length} requests`).toBeLessThanOrEqual(MOST_BYTES)
  })

  it('has nothing in it that only somebody signed in sees', async () => {
    const scripts = await portal.page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => name),
    )
    expect(scripts.filter((name) => /signed-in|-page-(?!.*sign-in)/.test(name))).toEqual(
      scripts.filter((name) => name.includes('sign-in-page')),
    )
  })
})
