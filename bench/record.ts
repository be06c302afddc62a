import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { canonicalEvent } from '@sanad/protocol/domain/recorded-events'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import {
  type Database,
  type DatabaseTransaction,
  openDatabase,
} from '../packages/server/src/platform/database.ts'
import { makeLogger } from '../packages/server/src/platform/log.ts'
import { leafHash, recordEvents } from '../packages/server/src/record/record-events.ts'
import { Sequencer, sequenceEvents } from '../packages/server/src/record/sequencer.ts'
import type { Finding } from './figures.ts'
import { quantile } from './latencies.ts'
import type { Site } from './site.ts'

/**
 * Effects with one event each, of 1, 8 and 32 writers at once, on the disk of the database: as the record is now,
 * with the sequencer at work beside them, and as it was, when each effect took its number from the head of the
 * record and held it until its commit.
 */

const WRITERS = [1, 8, 32]
const ROUNDS = 2
const ROUND_MS = 2_000
const WARM_UP_MS = 1_000
/** PostgreSQL adds up what its processes did about once a second. */
const STATISTICS_MS = 1_500

type Way = (tx: DatabaseTransaction, event: NewEvent) => Promise<void>
const WAYS: readonly (readonly [string, Way])[] = [
  ['record', (tx, event) => recordEvents(tx, [event])],
  ['record as it was, behind its head', recordBehindHead],
]

export async function measureRecord(site: Site): Promise<readonly Finding[]> {
  const { host = '', user = '', database: name = '' } = site.database.pool.options
  const connection = { host, user, database: name }
  const { database, close } = openDatabase({ connection, maxConnections: 34 })
  await sql`create table bench_effect (id uuid primary key, n integer not null)`.execute(database)
  const sequencer = new Sequencer({ database, log: makeLogger('warn') })
  sequencer.start()
  try {
    const courses = WRITERS.flatMap((writers) => WAYS.map((way) => ({ writers, way })))
    const rounds = new Map(courses.map((course) => [course, [] as Round[]]))
    for (const [, way] of WAYS) await drive(database, way, 8, WARM_UP_MS)
    // In turns, so that what else the machine does meets all alike.
    let before = await countFlushes(database)
    for (let round = 0; round < ROUNDS; round++)
      for (const course of courses) {
        const measured = await measure(database, course.way[1], course.writers)
        const after = await countFlushes(database)
        rounds.get(course)?.push({ ...measured, flushes: after - before })
        before = after
      }
    await requireGapless(database)
    return findingsOf(
      courses.map(({ writers, way }, index) => ({
        name: way[0],
        writers,
        rounds: [...rounds.values()][index] ?? [],
      })),
    )
  } finally {
    await sequencer.stop()
    await sql`drop table bench_effect`.execute(database)
    await close()
  }
}

interface Round {
  readonly seconds: number
  /** Milliseconds, of each transaction. */
  readonly latencies: readonly number[]
  readonly flushes: number
  /** Milliseconds: the oldest event that was seen without a number. */
  readonly longestWait: number
}

async function measure(database: Database, way: Way, writers: number) {
  const watch = new AbortController()
  const watched = watchWaiting(database, watch.signal)
  const { seconds, latencies } = await drive(database, way, writers, ROUND_MS)
  watch.abort()
  const longestWait = await watched
  await sequenceEvents(database)
  return { seconds, latencies, longestWait }
}

async function drive(database: Database, way: Way, writers: number, forMs: number) {
  const latencies: number[] = []
  const start = performance.now()
  await Promise.all(
    Array.from({ length: writers }, async () => {
      const deviceId = randomUUID()
      await sql`insert into bench_effect values (${deviceId}, 0)`.execute(database)
      for (let at = performance.now(); at - start < forMs; at = performance.now()) {
        await haveEffect(database, way, deviceId)
        latencies.push(performance.now() - at)
      }
    }),
  )
  return { seconds: (performance.now() - start) / 1000, latencies }
}

function haveEffect(database: Database, way: Way, deviceId: string): Promise<void> {
  return database.transaction().execute(async (tx) => {
    await sql`update bench_effect set n = n + 1 where id = ${deviceId}`.execute(tx)
    const data = { reason: 'lost' } as const
    await way(tx, { type: 'device.suspended', actor: 'command-line', deviceId, data })
  })
}

/** How the record was written before ADR 11: number, leaf and announcement in the transaction of the effect. */
async function recordBehindHead(tx: DatabaseTransaction, event: NewEvent): Promise<void> {
  const { rows } = await sql<{ seq: number; at: Date }>`
    update event_head set last_seq = last_seq + 1,
      last_at = greatest(last_at, date_trunc('milliseconds', clock_timestamp()))
    returning last_seq as seq, last_at as at`.execute(tx)
  const [{ seq, at } = { seq: 0, at: new Date() }] = rows
  const leaf = Buffer.from(canonicalEvent(event, seq, formatTimestamp(at.getTime())))
  await sql`insert into event (seq, type, at, device_id, actor, canonical, leaf_hash) values
    (${seq}, ${event.type}, ${at}, ${event.deviceId}, ${event.actor}, ${leaf}, ${leafHash(leaf)})`.execute(
    tx,
  )
  await sql`select pg_notify('sanad_device', ${event.deviceId})`.execute(tx)
}

async function watchWaiting(database: Database, signal: AbortSignal): Promise<number> {
  let longest = 0
  while (!signal.aborted) {
    await wait(50, undefined, { signal }).catch(() => {})
    const { rows } = await sql<{ ms: number }>`
      select coalesce(extract(epoch from clock_timestamp() - min(at)) * 1000, 0)::float8 as ms
      from unsequenced_event`.execute(database)
    longest = Math.max(longest, rows[0]?.ms ?? 0)
  }
  return longest
}

async function countFlushes(database: Database): Promise<number> {
  await wait(STATISTICS_MS)
  const { rows } = await sql<{ flushes: number }>`
    select sum(fsyncs)::int as flushes from pg_stat_io where object = 'wal'`.execute(database)
  return rows[0]?.flushes ?? 0
}

async function requireGapless(database: Database): Promise<void> {
  await sequenceEvents(database)
  const { rows } = await sql<{ isWhole: boolean }>`
    select count(*) = max(seq) and max(seq) = (select last_seq from event_head) as "isWhole" from event`.execute(
    database,
  )
  if (rows[0]?.isWhole !== true) throw new Error('the record has a gap')
}

interface Course {
  readonly name: string
  readonly writers: number
  readonly rounds: readonly Round[]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const rateOf = ({ rounds }: Course): number =>
  sum(rounds.map(({ latencies }) => latencies.length)) / sum(rounds.map(({ seconds }) => seconds))

/** Of each way, its own single writer is the baseline. */
function findingsOf(courses: readonly Course[]): readonly Finding[] {
  return courses.map((course) => {
    const { name, writers, rounds } = course
    const alone = courses.find((other) => other.name === name && other.writers === 1) ?? course
    const latencies = rounds.flatMap((round) => round.latencies)
    const figures = {
      'transactions per second': rateOf(course),
      'of one writer': rateOf(alone),
      'median, ms': quantile(latencies, 0.5),
      'p99, ms': quantile(latencies, 0.99),
      'flushes to disk for each': sum(rounds.map(({ flushes }) => flushes)) / latencies.length,
      'longest wait for a number, ms': Math.max(...rounds.map(({ longestWait }) => longestWait)),
    }
    const isGoal = writers === 8 && name === 'record'
    return {
      name: `${name}, ${writers} writer${writers === 1 ? '' : 's'}`,
      figures,
      ...(writers > 1 && { ratio: rateOf(course) / rateOf(alone) }),
      ...(isGoal && { target: 4 }),
    }
  })
}
