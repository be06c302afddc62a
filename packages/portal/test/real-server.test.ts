import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../tools/browser.ts'
import { ensureBuilt } from './built-portal.ts'

/** The whole demo as its users start it: HSM, database, server, client and three devices. */
const DEMO = join(import.meta.dirname, '..', '..', 'simulator', 'src', 'demo', 'main.ts')
const STARTS_WITHIN_MS = 150_000

let directory = ''
let demo: ChildProcess
let origin = ''

beforeAll(async () => {
  await ensureBuilt()
  directory = await mkdtemp(join(tmpdir(), 'sanad-portal-'))
  const port = await freePort()
  origin = `https://localhost:${port}`
  demo = spawn(process.execPath, [DEMO, '--directory', directory, '--port', String(port)])
  await untilItSays(demo, 'Sign in as')
}, STARTS_WITHIN_MS)

afterAll(async () => {
  if (demo.exitCode === null) {
    demo.kill('SIGINT')
    await Promise.race([new Promise((resolve) => demo.once('exit', resolve)), wait(30_000)])
  }
  await rm(directory, { recursive: true, force: true })
}, 60_000)

function untilItSays(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes(words)) resolve()
    })
    child.once('exit', () => reject(new Error(said)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

test('an operator finds a registered device, checks its chain, suspends it, and it is on record', async () => {
  const password = (await readFile(join(directory, 'operator-password'), 'utf8')).trim()
  const browser = await launchChromium()
  try {
    // The demo’s root is made anew each time, and no browser knows it.
    const page = await browser.newPage({ ignoreHTTPSErrors: true })
    const refused: string[] = []
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) refused.push(message.text())
    })
    await page.goto(`${origin}/devices`)
    await page.getByLabel('Name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    const rows = page.locator('tbody tr')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(3)
    await rows.first().locator('[data-row-link]').click()
    // From the device’s certificate to the provider’s, and on to the country’s root.
    await expect.poll(() => page.getByText(/verified here/).count(), { timeout: 10_000 }).toBe(2)
    await page.getByRole('button', { name: 'Suspend' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox').click()
    await page.getByRole('option', { name: /under repair/i }).click()
    await dialog.getByRole('button', { name: /suspend/i }).click()
    await page.getByText(/suspended .*: under repair/).waitFor()
    await page.goto(`${origin}/record`)
    await page.getByText(/suspended .*: under repair/).waitFor()
    expect(refused).toEqual([])
  } finally {
    await browser.close()
  }
}, 60_000)

test('an operator is invited, sets a password by the link, signs in, and sees the own session', async () => {
  const password = (await readFile(join(directory, 'operator-password'), 'utf8')).trim()
  const browser = await launchChromium()
  try {
    const administrator = await browser.newPage({ ignoreHTTPSErrors: true })
    await administrator.goto(`${origin}/operators`)
    await administrator.getByLabel('Name').fill('admin')
    await administrator.getByLabel('Password', { exact: true }).fill(password)
    await administrator.getByRole('button', { name: 'Sign in' }).click()
    await administrator.getByRole('button', { name: 'Invite operator' }).click()
    const dialog = administrator.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Hana Tesfaye')
    await dialog.getByRole('combobox').click()
    await administrator.getByRole('option', { name: 'Auditor' }).click()
    await dialog.getByRole('button', { name: 'Invite operator' }).click()
    await administrator.getByRole('heading', { name: 'Link for Hana Tesfaye' }).waitFor()
    const link = (await administrator.getByRole('dialog').locator('pre').textContent()) ?? ''

    const own = await browser.newPage({ ignoreHTTPSErrors: true })
    await own.goto(link)
    await own.getByText('For Hana Tesfaye, Auditor.').waitFor()
    const choose = async (chosen: string) => {
      await own.getByLabel('New password', { exact: true }).fill(chosen)
      await own.getByLabel('New password again').fill(chosen)
      await own.getByRole('button', { name: 'Set password' }).click()
    }
    await choose('Password1234!')
    await own.getByText('operator.password-weak').waitFor()
    await choose('the lake behind our house')
    await own.getByLabel('Name').fill('hana tesfaye')
    await own.getByLabel('Password', { exact: true }).fill('the lake behind our house')
    await own.getByRole('button', { name: 'Sign in' }).click()
    await own.getByRole('button', { name: 'Hana Tesfaye, account menu' }).click()
    await own.getByRole('menuitem', { name: 'Your account' }).click()
    await own.getByText('this session').waitFor()
    await own.goto(`${origin}/access-log`)
    await own.getByText('/invitation/accept').first().waitFor()
    await own.goto(link)
    await own.getByText('operator.invitation-ended').waitFor()
  } finally {
    await browser.close()
  }
}, 90_000)
