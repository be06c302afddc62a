import { setTimeout as wait } from 'node:timers/promises'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { makeLogger } from '../platform/log.ts'
import { readHead } from './event-reader.ts'
import { openPlace, readPlaces, resumePlace } from './follower-places.ts'
import { type FollowedEvent, type Follower, Followers, follow } from './followers.ts'
import { recordEvents } from './record-events.ts'

let db: TestDatabase
const time = { now: Date.now() }
const clock = () => time.now
const opened: Followers[] = []

beforeAll(async () => {
  db = await startTestDatabase()
})
beforeEach(() => {
  time.now = Date.now()
})
afterEach(async () => {
  for (const process of opened.splice(0)) await process.stop()
  await sql`delete from follower`.execute(db.database)
})
afterAll(() => db[Symbol.asyncDispose]())

const EXPORTED: NewEvent = { type: 'device.list-exported', actor: 'server', data: {} }
const COMPLETED: NewEvent = {
  type: 'ceremony.completed',
  actor: 'server',
  data: { transcriptSha256: 'a'.repeat(64) },
}

const happen = (count: number, event: NewEvent = COMPLETED) =>
  db.database.transaction().execute((tx) => recordEvents(tx, Array<NewEvent>(count).fill(event)))

/** One that keeps what it took. */
function makeFollower(more: Partial<Follower> = {}) {
  const taken: number[][] = []
  const take = (events: readonly FollowedEvent[]) => {
    taken.push(events.map(({ seq }) => seq))
    return Promise.resolve()
  }
  const follower: Follower = { name: 'tickets', types: [], take, ...more }
  return { taken, follower }
}

/** As a server process that looks once. */
function serve(...followers: Follower[]): Followers {
  const process = new Followers({
    database: db.database,
    clock,
    log: makeLogger('silent'),
    sources: [() => Promise.resolve(followers)],
  })
  opened.push(process)
  return process
}

async function serveOnce(...followers: Follower[]): Promise<void> {
  const process = serve(...followers)
  await process.look()
  await process.settle()
}

const open = async (name = 'tickets') =>
  openPlace(db.database, name, await readHead(db.database), clock())
const placeOf = async (name = 'tickets') =>
  (await readPlaces(db.database)).places.find((place) => place.name === name)

const numbersAfter = (head: number, count: number) =>
  Array.from({ length: count }, (_, index) => head + 1 + index)

describe('a follower', () => {
  it('hands a follower every event after its place, in order, in batches of 64', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(150)
    const { follower, taken } = makeFollower()
    await serveOnce(follower)
    expect(taken.flat()).toEqual(numbersAfter(head, 150))
    expect(taken.map(({ length }) => length)).toEqual([64, 64, 22])
    expect(await placeOf()).toMatchObject({ last_seq: head + 150, behind: 0, held_by: null })
  })

  it('hands a follower what was committed a moment ago, numbered or not', async () => {
    await open()
    await happen(1)
    const { follower, taken } = makeFollower()
    await serveOnce(follower)
    expect(taken).toHaveLength(1)
  })

  it('hands a follower only the types it wants, and moves its place past the others', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(70)
    await happen(1, EXPORTED)
    await happen(1)
    const { follower, taken } = makeFollower({ types: ['device.list-exported'] })
    await serveOnce(follower)
    expect(taken).toEqual([[head + 71]])
    expect(await placeOf()).toMatchObject({ last_seq: head + 72 })
  })

  it('begins a follower of the program’s own with the first event of the record', async () => {
    await happen(1)
    const { follower, taken } = makeFollower()
    const process = new Followers({
      database: db.database,
      clock,
      log: makeLogger('silent'),
      sources: [follow(follower, clock)],
    })
    await process.look()
    await process.settle()
    expect(taken[0]?.[0]).toBe(1)
    await process.look()
    expect(await placeOf()).toMatchObject({ behind: 0 })
  })
})

describe('a follower that fails', () => {
  const failing = (error: Error = new Error('away')) =>
    makeFollower({ take: () => Promise.reject(error) }).follower

  it('retries the same events for a failing follower, later each time, and then all others', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(2)
    await serveOnce(failing(Object.assign(new Error('away'), { code: 'ECONNREFUSED' })))
    const first = await placeOf()
    expect(first).toMatchObject({ failures: 1, last_failure: 'ECONNREFUSED', behind: 2 })
    const { follower, taken } = makeFollower()
    await serveOnce(follower)
    expect(taken).toEqual([])

    time.now += 5_000
    await serveOnce(failing())
    const second = await placeOf()
    expect(second?.failures).toBe(2)
    expect(second?.failing_since).toEqual(first?.failing_since)
    const pause = (second?.next_attempt_at?.getTime() ?? 0) - time.now
    expect(pause).toBeGreaterThanOrEqual(5_000)

    await happen(1)
    time.now += 10_000
    await serveOnce(follower)
    expect(taken).toEqual([numbersAfter(head, 3)])
    expect(await placeOf()).toMatchObject({ failures: 0, failing_since: null, last_failure: null })
  })

  it('keeps what a follower took before it failed, and counts failures from there', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(100)
    const { follower, taken } = makeFollower()
    await serveOnce({
      ...follower,
      take: (events, signal) =>
        taken.length === 1 ? Promise.reject(new Error('full')) : follower.take(events, signal),
    })
    expect(taken.flat()).toEqual(numbersAfter(head, 64))
    expect(await placeOf()).toMatchObject({ last_seq: head + 64, failures: 1, behind: 36 })
  })

  it('retries a failing follower at least every hour, and never gives up by itself', async () => {
    await open()
    await happen(1)
    await sql`update follower set failures = 5000, failing_since = now() - interval '1 year'`.execute(
      db.database,
    )
    await serveOnce(failing())
    const place = await placeOf()
    expect(place?.failures).toBe(5_001)
    const pause = (place?.next_attempt_at?.getTime() ?? 0) - time.now
    expect(pause).toBeGreaterThanOrEqual(HOUR_MS / 2)
    expect(pause).toBeLessThanOrEqual(HOUR_MS)
  })

  it('stops a follower after the time its owner set, with a note in the same transaction, until it is resumed', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(1)
    const note = (tx: Parameters<typeof recordEvents>[0]) => recordEvents(tx, [EXPORTED])
    const stops = { afterMs: HOUR_MS, note }
    await serveOnce({ ...failing(), stops })
    time.now += HOUR_MS
    await serveOnce({ ...failing(), stops })
    expect(await placeOf()).toMatchObject({ next_attempt_at: null, failures: 2, behind: 2 })

    const { follower, taken } = makeFollower()
    time.now += 100 * HOUR_MS
    await serveOnce(follower)
    expect(taken).toEqual([])
    await db.database.transaction().execute((tx) => resumePlace(tx, 'tickets', clock()))
    await serveOnce(follower)
    expect(taken).toEqual([numbersAfter(head, 2)])
  })

  it('holds no follower back because of a slow one', async () => {
    await open('slow')
    await open('quick')
    await happen(1)
    const slow = makeFollower({
      name: 'slow',
      take: (_events, signal) => wait(60_000, undefined, { signal }),
    })
    const quick = makeFollower({ name: 'quick' })
    const process = serve(slow.follower, quick.follower)
    await process.look()
    while ((await placeOf('quick'))?.behind !== 0) await wait(5)
    await happen(1)
    await process.look()
    for (; quick.taken.length < 2; await wait(5)) await process.look()
    expect(await placeOf('slow')).toMatchObject({ behind: 2, failures: 0 })
  })
})

describe('several processes', () => {
  it('serves a follower by one process at a time, each event once', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(300)
    const { follower, taken } = makeFollower()
    const processes = [serve(follower), serve(follower), serve(follower)]
    await Promise.all(processes.map((process) => process.look()))
    await Promise.all(processes.map((process) => process.settle()))
    expect(taken.flat()).toEqual(numbersAfter(head, 300))
  })

  it('takes a follower over from a dead process when its lease ends, and not before', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(1)
    await sql`update follower set held_by = gen_random_uuid(), held_until = now() + interval '1 minute'`.execute(
      db.database,
    )
    const { follower, taken } = makeFollower()
    await serveOnce(follower)
    expect(taken).toEqual([])
    await sql`update follower set held_until = now() - interval '1 second'`.execute(db.database)
    await serveOnce(follower)
    expect(taken).toEqual([[head + 1]])
  })

  it('moves no place of a follower that another process took over', async () => {
    await open()
    const head = await readHead(db.database)
    await happen(1)
    const { follower } = makeFollower({
      take: async () => {
        await sql`update follower set held_by = gen_random_uuid()`.execute(db.database)
      },
    })
    await serveOnce(follower)
    expect(await placeOf()).toMatchObject({ last_seq: head })
  })

  it('leaves a follower that was removed meanwhile', async () => {
    await open()
    await happen(100)
    const { follower, taken } = makeFollower()
    await serveOnce({
      ...follower,
      take: async (events, signal) => {
        await follower.take(events, signal)
        await sql`delete from follower`.execute(db.database)
      },
    })
    expect(taken).toHaveLength(1)
    expect((await readPlaces(db.database)).places).toEqual([])
  })

  it('ends a take that hangs when the process stops, and counts no failure', async () => {
    await open()
    await happen(1)
    const { follower } = makeFollower({ take: () => new Promise(() => {}) })
    const process = serve(follower)
    await process.look()
    await process.stop()
    expect(await placeOf()).toMatchObject({ failures: 0, behind: 1, held_by: null })
  })
})
