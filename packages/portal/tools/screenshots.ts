import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { uuidOf } from '../mock-api/fleet.ts'
import { type Fault, startMockServer } from '../mock-api/mock-server.ts'
import { MOCK_PASSWORD } from '../mock-api/sessions.ts'
import { launchChromium } from './browser.ts'

/** Pictures of every screen, to be looked at: `npm run screenshots -w @sanad/portal -- --only devices`. */

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'screenshots' }, only: { type: 'string' } },
})
const out = values.out

interface Look {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly theme: 'light' | 'dark'
  readonly language?: 'en-XA' | 'en-XB'
}

const WIDE = { width: 1440, height: 900 }
const NARROW = { width: 390, height: 844 }
const LOOKS: readonly Look[] = [
  { name: 'wide-light', ...WIDE, theme: 'light' },
  { name: 'wide-dark', ...WIDE, theme: 'dark' },
  { name: 'narrow-light', ...NARROW, theme: 'light' },
  { name: 'narrow-dark', ...NARROW, theme: 'dark' },
  { name: 'wide-rtl', ...WIDE, theme: 'light', language: 'en-XB' },
]

const SCREENS: Record<string, string> = {
  overview: '/',
  devices: '/devices',
  approvals: '/approvals',
  refused: '/refused',
  keys: '/keys',
  commands: '/commands',
  campaigns: '/commands?tab=campaigns',
  campaign: `/campaigns/${uuidOf('campaign tests')}`,
  findings: '/findings',
  policies: '/policies',
  imports: '/imports',
  models: '/models',
  trust: '/trust',
  record: '/record',
  webhooks: '/webhooks',
  groups: '/groups',
  proposals: '/proposals',
  proposal: `/proposals/${uuidOf('proposal 1')}`,
  'two-person-rules': '/two-person-rules',
  'bulk-acts': '/bulk-acts',
  operators: '/operators',
  'access-log': '/access-log',
  account: '/account',
}

interface Scene {
  readonly name: string
  readonly devices: number
  readonly fault?: Fault
  readonly screens: readonly string[]
  readonly looks: readonly Look[]
}

const everyScreen = Object.keys(SCREENS)
const first = LOOKS.slice(0, 1)
const SCENES: readonly Scene[] = [
  {
    name: '60',
    devices: 60,
    screens: [...everyScreen, 'device', 'policy', 'sign-in', 'password', 'palette', 'act'],
    looks: LOOKS,
  },
  { name: '0', devices: 0, screens: everyScreen, looks: first },
  { name: '1', devices: 1, screens: ['overview', 'devices', 'device'], looks: first },
  { name: '10000', devices: 10_000, screens: ['overview', 'devices'], looks: first },
  { name: 'failing', devices: 60, fault: 'failing', screens: everyScreen, looks: first },
  { name: 'loading', devices: 60, fault: 'silent', screens: ['overview', 'devices'], looks: first },
]

const SETTLE_MS = 500

async function open(browser: Browser, origin: string, look: Look): Promise<Page> {
  const { width, height, theme, language } = look
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  if (language !== undefined)
    await context.addInitScript((tag) => localStorage.setItem('sanad.language', tag), language)
  const page = await context.newPage()
  await page.goto(`${origin}/sign-in`)
  return page
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.locator('input[autocomplete=username]').fill(name)
  await page.locator('input[autocomplete=current-password]').fill(MOCK_PASSWORD)
  await page.locator('button[type=submit]').click()
  await page.waitForURL((url) => url.pathname !== '/sign-in')
}

async function show(page: Page, origin: string, screen: string, deviceId: string): Promise<void> {
  const path = SCREENS[screen]
  if (path !== undefined) await page.goto(`${origin}${path}`)
  else if (screen === 'palette') {
    await page.goto(`${origin}/devices`)
    await page.waitForTimeout(SETTLE_MS)
    await page.keyboard.press('Control+k')
  } else if (screen === 'policy') {
    await page.goto(`${origin}/policies`)
    await page.locator('[data-row-link]').first().click()
    await page.locator('input[type=number]').first().fill('20')
    await page.waitForTimeout(SETTLE_MS)
  } else await page.goto(`${origin}/devices/${deviceId}`)
  if (screen === 'act') await page.locator('main header button:has-text("Suspend")').click()
}

async function shoot(browser: Browser, scene: Scene, look: Look): Promise<void> {
  await using mock = await startMockServer({ devices: scene.devices })
  const deviceId = mock.world.fleet[scene.devices > 1 ? 1 : 0]?.deviceId ?? ''
  const page = await open(browser, mock.origin, look)
  const picture = (screen: string) =>
    page.screenshot({ path: join(out, `${scene.name}-${screen}-${look.name}.png`) })
  const wanted = scene.screens.filter((each) => values.only === undefined || each === values.only)
  if (wanted.includes('sign-in')) {
    await page.waitForTimeout(SETTLE_MS)
    await picture('sign-in')
  }
  if (wanted.includes('password')) {
    await signIn(page, 'newcomer')
    await page.waitForTimeout(SETTLE_MS)
    await picture('password')
    await page.context().clearCookies()
    await page.goto(`${mock.origin}/sign-in`)
  }
  await signIn(page, 'admin')
  mock.fault = scene.fault
  for (const screen of wanted) {
    if (screen === 'sign-in' || screen === 'password') continue
    await show(page, mock.origin, screen, deviceId)
    // A failed question is asked twice more before the screen says so.
    await page.waitForTimeout(scene.fault === 'failing' ? 2_500 : SETTLE_MS)
    await picture(screen)
  }
  await page.context().close()
}

await mkdir(out, { recursive: true })
const browser = await launchChromium()
for (const scene of SCENES) for (const look of scene.looks) await shoot(browser, scene, look)
await browser.close()
