import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type MockServer, startMockServer } from '../mock-api/mock-server.ts'
import { MOCK_PASSWORD } from '../mock-api/sessions.ts'
import { launchChromium } from '../tools/browser.ts'
import { ensureBuilt } from './built-portal.ts'

/** The built portal in a real browser, before a server in memory that sends the real one’s headers. */
export interface PortalInChromium extends AsyncDisposable {
  readonly server: MockServer
  readonly page: Page
  /** What must never be: requests to elsewhere, refusals by the content security policy, crashes. */
  readonly faults: readonly string[]
  readonly signIn: (name?: string, password?: string) => Promise<void>
  readonly open: (path: string) => Promise<void>
}

export interface PortalOptions {
  readonly devices?: number
  readonly context?: BrowserContextOptions
}

export async function openPortal(options: PortalOptions = {}): Promise<PortalInChromium> {
  await ensureBuilt()
  const server = await startMockServer({ devices: options.devices ?? 60 })
  const browser = await launchChromium()
  const page = await newPage(browser, options.context)
  const faults = watch(page, server.origin)
  return {
    server,
    page,
    faults,
    signIn: (name, password) => signIn(page, server.origin, name, password),
    open: async (path) => {
      await page.goto(`${server.origin}${path}`)
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function newPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(10_000)
  return context.newPage()
}

function watch(page: Page, origin: string): string[] {
  const faults: string[] = []
  page.on('request', (request) => {
    const { protocol, origin: target } = new URL(request.url())
    if (protocol.startsWith('http') && target !== origin) faults.push(`off-origin ${request.url()}`)
  })
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(`page error ${error.message}`))
  return faults
}

async function signIn(
  page: Page,
  origin: string,
  name = 'admin',
  password = MOCK_PASSWORD,
): Promise<void> {
  // Elsewhere the portal asks by itself, and remembers where one wanted to go.
  if (page.url() === 'about:blank') await page.goto(`${origin}/sign-in`)
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
