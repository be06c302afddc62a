import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { type RequestOptions, request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { TrustedClock } from '../trusted-time/trusted-clock.ts'
import { TimeFloor } from '../trusted-time/time-floor.ts'
import { SbiTime, type SbiTimeEvent } from './sbi-time.ts'
import type { TimeView } from './time-view.ts'

const T = Date.parse('2026-11-24T10:00:00.500Z')

let folder: string
let awake: number
let slept: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-sbi-time-'))
  awake = 1_000
  slept = 0
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function openTime(extra: { port?: number; group?: string } = {}) {
  const ticks = { awake: () => awake, sinceBoot: () => awake + slept }
  const clock = new TrustedClock(await TimeFloor.open(join(folder, 'floor'), 0), ticks)
  const events: SbiTimeEvent[] = []
  const directory = join(folder, 'sbi')
  const server = {
    clock,
    isThere: true,
    synchronise: async () => {
      if (!server.isThere) throw new SanadError('client.server-unreachable')
      if (!clock.isSet)
        await clock.adopt({ midpoint: T + awake - 1_000, radius: 20 }, clock.moment())
    },
  }
  const time = await SbiTime.start({
    config: { directory, ...extra },
    server,
    note: (event) => events.push(event),
    times: { glanceMs: 5, firstRetryMs: 1, longestRetryMs: 1 },
  })
  return { time, clock, server, events, directory }
}

const readView = async (directory: string) =>
  JSON.parse(await readFile(join(directory, 'time.json'), 'utf8')) as TimeView

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let left = 400; left > 0; left--) {
    if (await Promise.resolve(holds()).catch(() => false)) return
    await new Promise((next) => setTimeout(next, 5))
  }
  throw new Error('did not come true')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

interface Reply {
  readonly status: number
  readonly body: string
}

function ask(port: number, options: RequestOptions, body = ''): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const outgoing = request({ host: '127.0.0.1', port, path: '/time', ...options }, (incoming) => {
    let text = ''
    incoming.on('data', (chunk) => (text += String(chunk)))
    incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }))
  })
  outgoing.on('error', reject)
  outgoing.end(body)
  return promise
}

describe('trusted time for the SBI, as a file', () => {
  it('writes trusted time at once, for the own account only, and again when the state changes', async () => {
    const { time, directory, server } = await openTime()
    await using _ = time
    await until(async () => (await readView(directory)).state === 'trusted')
    expect(await readView(directory)).toEqual({
      state: 'trusted',
      time: '2026-11-24T10:00:00.500Z',
      uncertaintyMs: 20,
      lastSynchronisedAt: '2026-11-24T10:00:00.500Z',
      ageingAt: '2026-11-24T22:00:00.500Z',
      untrustedAt: '2026-12-01T10:00:00.500Z',
      sinceBootMs: 1_000,
    })
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, 'time.json'))).mode & 0o777).toBe(0o600)
    server.isThere = false
    awake += 13 * HOUR_MS
    await until(async () => (await readView(directory)).state === 'ageing')
    // The machine was asleep, and the server cannot be asked.
    slept += HOUR_MS
    await until(async () => (await readView(directory)).state === 'untrusted')
    expect(await readView(directory)).toMatchObject({ time: null, uncertaintyMs: null })
    server.isThere = true
    awake += 10
    await until(async () => (await readView(directory)).state === 'trusted')
  })

  it('writes the file of trusted time again after half a minute, not before', async () => {
    const { time, directory } = await openTime()
    await using _ = time
    await until(async () => (await readView(directory)).state === 'trusted')
    awake += 29_000
    await new Promise((next) => setTimeout(next, 40))
    expect((await readView(directory)).sinceBootMs).toBe(1_000)
    awake += 1_001
    await until(async () => (await readView(directory)).sinceBootMs === 31_001)
  })

  it('lets the named group read trusted time, and no other', async () => {
    const { time, directory } = await openTime({ group: String(process.getgid?.()) })
    await using _ = time
    await until(async () => (await readView(directory)).state === 'trusted')
    expect((await stat(directory)).mode & 0o777).toBe(0o750)
    expect((await stat(join(directory, 'time.json'))).mode & 0o777).toBe(0o640)
  })

  it('does not start for a group that does not exist', async () => {
    await expect(openTime({ group: 'no-such-group' })).rejects.toMatchObject({
      code: 'client.configuration-invalid',
    })
  })

  it('removes the file of trusted time when the client ends', async () => {
    const { time, directory } = await openTime({ port: await freePort() })
    await until(async () => (await readView(directory)).state === 'trusted')
    await time[Symbol.asyncDispose]()
    expect(await readdir(directory)).toEqual([])
  })
})

describe('trusted time for the SBI, over the loopback interface', () => {
  async function openInterface() {
    const port = await freePort()
    const opened = await openTime({ port })
    await until(async () => (await readView(opened.directory)).state === 'trusted')
    const token = (await readFile(join(opened.directory, 'token'), 'utf8')).trim()
    return { ...opened, port, headers: { Authorization: `Bearer ${token}` } }
  }

  it('tells trusted time to a program that has the token', async () => {
    const { time, port, headers, directory } = await openInterface()
    await using _ = time
    awake += 1_000
    const { status, body } = await ask(port, { headers })
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ state: 'trusted', time: '2026-11-24T10:00:01.500Z' })
    expect((await stat(join(directory, 'token'))).mode & 0o777).toBe(0o600)
  })

  it('tells nothing without the token, not even which paths exist', async () => {
    const { time, port, headers } = await openInterface()
    await using _ = time
    const wrong = { Authorization: `${headers.Authorization.slice(0, -1)}!` }
    for (const options of [{}, { headers: wrong }, { path: '/other' }, { method: 'POST' }])
      expect(await ask(port, options)).toEqual({ status: 401, body: '' })
  })

  it.each<[string, RequestOptions, string, number]>([
    ['another path', { path: '/time/' }, '', 404],
    ['a query', { path: '/time?x=1' }, '', 404],
    ['another verb', { method: 'POST' }, '', 405],
    ['a verb that sets', { method: 'PUT' }, '{"time":"1970"}', 405],
    ['a body', { method: 'GET' }, 'x', 413],
  ])('refuses %s', async (_what, options, body, status) => {
    const { time, port, headers, clock } = await openInterface()
    await using _ = time
    const length = { 'Content-Length': String(body.length) }
    const reply = await ask(port, { ...options, headers: { ...headers, ...length } }, body)
    expect(reply).toEqual({ status, body: '' })
    expect(clock.now()).toBe(T)
  })

  it.each([{ Host: 'evil.example' }, { Origin: 'https://evil.example' }])(
    'refuses a page in a browser: %j',
    async (header) => {
      const { time, port, headers } = await openInterface()
      await using _ = time
      const reply = await ask(port, { headers: { ...headers, ...header } })
      expect(reply).toEqual({ status: 403, body: '' })
    },
  )

  it('stops reading a header that does not end', async () => {
    const { time, port, headers } = await openInterface()
    await using _ = time
    const reply = await ask(port, { headers: { ...headers, 'X-Long': 'x'.repeat(5_000) } })
    expect(reply.status).toBe(431)
  })

  it('does not start on a port that another program has', async () => {
    const other = createServer()
    await new Promise<void>((ready) => void other.listen(0, '127.0.0.1', ready))
    const { port } = other.address() as AddressInfo
    await expect(openTime({ port })).rejects.toMatchObject({ code: 'client.configuration-invalid' })
    other.close()
  })
})
