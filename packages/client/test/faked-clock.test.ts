import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { TimeView } from '../src/sbi-time/time-view.ts'
import { AgentProcess, runClient } from './agent-process.ts'
import { makeClockOrders } from './clock-orders.ts'
import { Desk, aDevice, until } from './desk.ts'

/** The client as a process whose operating system has a wrong clock: libfaketime, Debian’s package `faketime`. */

const LIBRARIES = '/usr/lib'
const LIBRARY = join('faketime', 'libfaketimeMT.so.1')

function findLibrary(): string {
  const folders = readdirSync(LIBRARIES).filter((name) => name.endsWith('-linux-gnu'))
  const paths = folders.map((folder) => join(LIBRARIES, folder, LIBRARY))
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) throw new Error('libfaketime is missing: apt-get install faketime')
  return found
}

/** Only the clock that somebody can set; the monotonic one is what it is. */
const faked = (time: string | { readonly file: string }) => ({
  LD_PRELOAD: findLibrary(),
  TZ: 'UTC',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
  FAKETIME_DISABLE_SHM: '1',
  ...(typeof time === 'string'
    ? { FAKETIME: time }
    : { FAKETIME_TIMESTAMP_FILE: time.file, FAKETIME_NO_CACHE: '1' }),
})

const sbiTimeOf = (desk: Desk) => ({ directory: join(desk.directory, 'sbi-time') })
const viewPath = (desk: Desk) => join(desk.directory, 'sbi-time', 'time.json')

/** What the client told its SBI, and when that was by the true clock. */
function readTold(desk: Desk): { view: TimeView; writtenAt: number } {
  const path = viewPath(desk)
  const view = JSON.parse(readFileSync(path, 'utf8')) as TimeView
  return { view, writtenAt: statSync(path).mtimeMs }
}

function isTold(desk: Desk): boolean {
  return existsSync(viewPath(desk)) && readTold(desk).view.state === 'trusted'
}

/** How far what was told is from the time of the server. */
function errorOf(desk: Desk): number {
  const { view, writtenAt } = readTold(desk)
  return Math.abs(Date.parse(view.time ?? '') - (writtenAt + desk.server.clockOffset))
}

function readFloor(desk: Desk): number {
  const [, json = '{}'] = readFileSync(join(desk.directory, 'state', 'time-floor'), 'utf8').split(
    '\n',
  )
  return (JSON.parse(json) as { floor: number }).floor
}

const lastLog = (agent: AgentProcess): string => agent.stdout.split('\n').at(-2) ?? ''

describe('A client on a computer with a wrong clock', () => {
  it.each([
    ['1970', '@1970-01-01 00:00:05'],
    ['the end of 32 bits', '@2038-01-19 03:14:04'],
    ['after 2038', '@2040-06-01 12:00:00'],
    ['a year ahead', '+366d'],
    ['ten years behind', '-3660d'],
  ])('registers its device and knows the true time on a computer set to %s', async (_, time) => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    await desk.plug(profile)
    const config = desk.writeConfig({ logLevel: 'info', sbiTime: sbiTimeOf(desk) })
    const agent = new AgentProcess(['--config', config], faked(time))
    await until(() => agent.stdout.includes('device checked in') && isTold(desk))
    // It really believes its clock to be another: the log is written by it.
    const loggedAt = Date.parse((JSON.parse(lastLog(agent)) as { time: string }).time)
    expect(Math.abs(loggedAt - Date.now())).toBeGreaterThan(300 * DAY_MS)
    expect(errorOf(desk)).toBeLessThan(1_000)
    expect(Math.abs(readFloor(desk) - Date.now())).toBeLessThan(60_000)
    const { code, stderr } = await agent.kill('SIGTERM')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(existsSync(viewPath(desk))).toBe(false)
    const receipts = await runClient('time-receipts', '--json', '--config', config)
    expect(JSON.parse(receipts.stdout.split('\n').at(-2) ?? '')).toMatchObject({
      verdict: 'proven',
      faulty: 0,
    })
  })

  it('ignores a jump of the computer’s clock between question and answer', async () => {
    await using desk = await Desk.open()
    await desk.plug(aDevice('face'))
    const file = join(desk.directory, 'clock')
    writeFileSync(file, '+0')
    desk.server.mischief.delayMs = 1_500
    const config = desk.writeConfig({ logLevel: 'info', sbiTime: sbiTimeOf(desk) })
    const agent = new AgentProcess(['--config', config], faked({ file }))
    await until(() => desk.server.questions > 0)
    writeFileSync(file, '+400d')
    await until(() => isTold(desk))
    // Half of the round trip is what it cannot know; the jump is not in it.
    expect(errorOf(desk)).toBeLessThan(1_500)
    expect(readTold(desk).view.uncertaintyMs).toBeLessThan(2_500)
    await until(() => agent.stdout.includes('device checked in'), 30_000)
    await agent.kill('SIGTERM')
  })

  it('does not go back when the computer’s clock was set back between two starts', async () => {
    await using desk = await Desk.open()
    await desk.plug(aDevice('iris'))
    const config = desk.writeConfig({ logLevel: 'info', sbiTime: sbiTimeOf(desk) })
    const first = new AgentProcess(['--config', config], faked('+366d'))
    await until(() => first.stdout.includes('device checked in') && isTold(desk))
    await first.kill('SIGKILL')
    const floor = readFloor(desk)
    // The server's clock is an hour behind now, as it would seem to a client that is fed a replay of that hour.
    desk.server.clockOffset = -120_000
    const second = new AgentProcess(['--config', config], faked('-366d'))
    await until(() => second.stdout.includes('message.time-outside-window'))
    expect(readFloor(desk)).toBe(floor)
    // The file still has what the killed client wrote until the new one has tried to synchronise.
    await until(() => readTold(desk).view.state === 'untrusted')
    desk.server.clockOffset = 0
    await until(() => isTold(desk), 30_000)
    expect(errorOf(desk)).toBeLessThan(1_000)
    await second.kill('SIGTERM')
  })
})

describe('A client that its own server led into the future', () => {
  it('stays in the future over restarts until the server orders its device back, then continues', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    await desk.plug(profile)
    desk.server.clockOffset = 200 * DAY_MS
    const config = desk.writeConfig({ logLevel: 'info', sbiTime: sbiTimeOf(desk) })
    const led = new AgentProcess(['--config', config])
    await until(() => led.stdout.includes('device checked in') && isTold(desk))
    await led.kill('SIGKILL')
    expect(readFloor(desk)).toBeGreaterThan(Date.now() + 199 * DAY_MS)

    desk.server.clockOffset = 0
    const before = desk.server.messages.length
    const lost = new AgentProcess(['--config', config])
    await until(() => lost.stdout.includes('message.time-outside-window'))
    await lost.kill('SIGTERM')
    expect(readFloor(desk)).toBeGreaterThan(Date.now() + 199 * DAY_MS)
    expect(desk.server.messages).toHaveLength(before)

    const order = makeClockOrders(desk.server.root)
    const subject = desk.server.messages.at(-1)?.subject ?? ''
    const signed = await order(subject, { number: 5 })
    desk.server.clockReset = (asked) => (asked === subject ? signed : undefined)
    const found = new AgentProcess(['--config', config])
    await until(() => found.stdout.includes('the clock was set back') && isTold(desk))
    expect(errorOf(desk)).toBeLessThan(1_000)
    // Due at once, not in 200 days.
    await until(() => found.stdout.includes('device checked in'))
    expect(found.stdout).toContain('the server ordered the clock to be set back')
    expect(Math.abs(readFloor(desk) - Date.now())).toBeLessThan(120_000)
    await found.kill('SIGTERM')

    const receipts = await runClient('time-receipts', '--config', config)
    expect(receipts.stdout).toContain('1 resets')
    expect(receipts.code).toBe(0)
    const root = join(desk.directory, 'root.pem')
    const file = join(desk.directory, 'state', 'time-receipts')
    expect((await runClient('time-receipts', 'verify', '--root', root, file)).code).toBe(0)
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(1).join('\n'))
    const tampered = await runClient('time-receipts', 'verify', '--root', root, file)
    expect(tampered.code).toBe(1)
    expect(tampered.stdout).toContain('chain-broken')
  })

  it.each<readonly [string, 'before' | 'meanwhile']>([
    ['waits for its approval', 'meanwhile'],
    ['believes its certificate to have ended', 'before'],
  ])('continues at once when it is brought back while it %s', async (_, registers) => {
    await using desk = await Desk.open()
    await desk.plug(aDevice('slap'))
    const config = desk.writeConfig({ logLevel: 'info', sbiTime: sbiTimeOf(desk) })
    if (registers === 'before') {
      const first = new AgentProcess(['--config', config])
      await until(() => first.stdout.includes('device checked in'))
      await first.kill('SIGTERM')
    }
    const keys = new Set(desk.server.registry.of(desk.server.messages.at(-1)?.subject ?? ''))
    // By its word, it asks again in a week of a year to come.
    desk.server.clockOffset = 200 * DAY_MS
    desk.server.verdict = () => ({
      outcome: 'pending',
      supportCode: '7KQ2-M4XH',
      sentence: 'This waits for approval.',
      retryAfterSeconds: 604_800,
    })
    const before = desk.server.messages.length
    const led = new AgentProcess(['--config', config])
    await until(() => desk.server.typesSeen().slice(before).includes('registration'))
    await until(() => /7KQ2-M4XH/.test(led.stdout))
    await led.kill('SIGTERM')

    desk.server.clockOffset = 0
    desk.server.verdict = () => undefined
    const subject = desk.server.messages.at(-1)?.subject ?? ''
    const signed = await makeClockOrders(desk.server.root)(subject, { number: 5 })
    desk.server.clockReset = (asked) => (asked === subject ? signed : undefined)
    const found = new AgentProcess(['--config', config])
    await until(() => found.stdout.includes('the clock was set back'))
    await until(() => found.stdout.includes('device checked in'))
    await found.kill('SIGTERM')
    // The certificate that had not ended is the one in use: nobody recovered anything.
    if (registers === 'before')
      expect(new Set(desk.server.registry.of(subject, 'active'))).toEqual(keys)
    expect(desk.server.recovered).toEqual([])
  })
})
