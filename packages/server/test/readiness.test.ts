import type { NewEvent } from '@sanad/protocol/domain/events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../src/findings/audit.ts'
import { hsmUnavailable } from '../src/findings/checks/hsm-unavailable.ts'
import { HsmWatch } from '../src/compose/hsm-watch.ts'
import { type OpenDatabase, openDatabase } from '../src/platform/database.ts'
import { type HttpApp, makeHttpApp } from '../src/platform/http.ts'
import { makeLogger } from '../src/platform/log.ts'
import { readinessRoutes } from '../src/platform/readiness.ts'
import { needsOf } from '../src/compose/server-needs.ts'
import { type TestDatabase, startTestDatabase } from './test-database.ts'
import { type TestHsm, startTestHsm } from './test-hsm.ts'

/** What the server says of itself while a part of it is away, to who watches it and to people. */

let db: TestDatabase
/** Of the server that is watched; to be closed. */
let ofServer: OpenDatabase
let token: TestHsm
let app: HttpApp
const events: NewEvent[] = []
const lines: string[] = []
let asked = 0
let time = 0
beforeAll(async () => {
  db = await startTestDatabase()
  ofServer = openDatabase({ connection: db.connection })
  // The first lost agent opens the circuit, and the second try comes soon.
  const limits = { faults: 1, backoffMs: [1_500, 1_500] as const }
  token = await startTestHsm({ config: { limits } })
  const { hsm } = token
  const watch = new HsmWatch({
    log: makeLogger('info', { write: (line) => void lines.push(line) }),
    clock: Date.now,
    record: (event) => void events.push(event),
    audit: (health) => runCheck(db.database, hsmUnavailable, { now: new Date(), hsm: health }),
  })
  hsm.whenChanged(watch.note)
  app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  const needs = needsOf(ofServer.pool, hsm)
  const counted = needs.map(({ name, whyAway }) => ({
    name,
    whyAway: () => {
      asked++
      return whyAway()
    },
  }))
  await app.register(readinessRoutes(counted, () => time))
  await app.ready()
})
afterAll(async () => {
  await app.close()
  await token[Symbol.asyncDispose]()
  await db[Symbol.asyncDispose]()
})

/** After what was known is forgotten. */
async function readHealth() {
  time += 1_000
  const { statusCode, body, headers } = await app.inject({ url: '/health' })
  return { statusCode, headers, ...(JSON.parse(body) as { status: string; reasons: object }) }
}

const openFindings = async (): Promise<number> =>
  (
    await db.pool.query(
      `select from finding where check_name = 'hsm-unavailable' and resolved_at is null`,
    )
  ).rowCount ?? 0

describe('GET /health', () => {
  it('answers /health with 200 while database and HSM are available', async () => {
    expect(await readHealth()).toMatchObject({ statusCode: 200, status: 'ready', reasons: {} })
  })

  it('checks the database once a second, however many requests /health gets', async () => {
    time += 1_000
    const before = asked
    await Promise.all(Array.from({ length: 50 }, () => app.inject({ url: '/health' })))
    await app.inject({ url: '/health' })
    expect(asked - before).toBe(2)
    time += 1_000
    await app.inject({ url: '/health' })
    expect(asked - before).toBe(4)
  })

  it('answers /health with 503 while the HSM is away, with one event, finding and log line', async () => {
    const { hsm } = token
    process.kill(hsm.agentPid ?? 0, 'SIGKILL')
    await expect.poll(() => hsm.health().state, { timeout: 10_000 }).toBe('unavailable')
    expect(await readHealth()).toMatchObject({
      statusCode: 503,
      status: 'unavailable',
      reasons: { hsm: 'hsm.unavailable' },
      headers: { 'retry-after': '5' },
    })
    await expect.poll(openFindings, { timeout: 10_000 }).toBe(1)
    await expect.poll(() => hsm.health().state, { timeout: 20_000 }).toBe('ready')
    await expect.poll(openFindings, { timeout: 10_000 }).toBe(0)
    expect(await readHealth()).toMatchObject({ statusCode: 200 })
    expect(events.map(({ type }) => type)).toEqual(['hsm.lost', 'hsm.recovered'])
    expect(lines.filter((line) => line.includes('the HSM does not answer'))).toHaveLength(1)
  })

  it('answers /health with 503 while the database is away', async () => {
    await ofServer.close()
    expect(await readHealth()).toMatchObject({
      statusCode: 503,
      reasons: { database: 'database.unavailable' },
    })
    const live = await app.inject({ url: '/health/live' })
    expect([live.statusCode, live.json()]).toEqual([200, { status: 'live' }])
  })
})

describe('an agent that dies and is back at once', () => {
  it('logs an agent that restarts at once, without reporting a lost HSM', async () => {
    const said: string[] = []
    const recorded: NewEvent[] = []
    const watch = new HsmWatch({
      log: makeLogger('info', { write: (line) => void said.push(line) }),
      clock: () => 0,
      record: (event) => void recorded.push(event),
      audit: () => Promise.reject(new Error('nobody asked for it')),
    })
    const health = { queued: 0, sessions: 4, restarts: 1, since: 0 }
    watch.note({ health: { ...health, state: 'starting' }, why: 'the agent ended: killed' })
    watch.note({ health: { ...health, state: 'ready' }, why: '' })
    expect(said.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'the HSM agent was lost, and is started again',
      'the HSM answers',
    ])
    expect(recorded).toEqual([])
  })
})
