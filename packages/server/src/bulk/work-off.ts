import { setTimeout as pause } from 'node:timers/promises'
import {
  type BulkActName,
  type BulkActTerms,
  mayDoInBulk,
} from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { NewEvent } from '@sanad/protocol/domain/events'
import type { Role } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { takeFound } from '../fleet/take-found.ts'
import type { WorkedOff } from '../devices/worked-off.ts'
import { translateError } from '../platform/http.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import type { Job } from '../platform/schedule.ts'
import './bulk-tables.ts'
import { insertFailures } from './failures.ts'
import type { OrderedAct, Performers } from './performers.ts'

/**
 * Works off acts on many devices: a part at a time, each in one short transaction with its events and with the
 * place behind it, so that a server that dies in between goes on where it was. Between two parts it pauses for as
 * long as the part took: device messages have half of the database at least.
 */

export interface WorkOffOptions {
  readonly database: Database
  readonly performers: Performers
  readonly clock: Clock
  readonly log: Logger
}

export const BULK_ACTS_JOB = 'bulk-acts'
const EVERY_MS = 5_000
/** So many go on in turn; the others wait, so that a small one waits for two large ones at most in part. */
const AT_ONCE = 2
const SHORTEST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1_000
/** An error of the server’s own may pass; one that does not ends the act. */
const MOST_TRIES = 5

export const bulkActsJob = (options: WorkOffOptions): Job => ({
  name: BULK_ACTS_JOB,
  everyMs: EVERY_MS,
  run: (signal) => workOffAll(options, signal),
})

/** Until none is left that can go on. */
export async function workOffAll(options: WorkOffOptions, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const ids = await takeUp(options)
    let advanced = 0
    for (const bulkActId of ids) {
      if (signal?.aborted === true) return
      const began = performance.now()
      if (await workOffPart(options, bulkActId)) advanced++
      const took = performance.now() - began
      await pause(Math.min(Math.max(took, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS))
    }
    // What failed now is tried again when the job comes back.
    if (advanced === 0) return
  }
}

/** The oldest that are not over. */
async function takeUp({ database, clock }: WorkOffOptions): Promise<readonly string[]> {
  const { rows } = await sql<{ bulk_act_id: string }>`
    select bulk_act_id from bulk_act where finished_at is null
    order by created_at, bulk_act_id limit ${AT_ONCE}::int`.execute(database)
  const ids = rows.map(({ bulk_act_id }) => bulk_act_id)
  await sql`
    update bulk_act set state = 'running', started_at = ${new Date(clock())}
    where bulk_act_id = any(${ids}::uuid[]) and state = 'queued'`.execute(database)
  return ids
}

/** @returns whether it came further */
async function workOffPart(options: WorkOffOptions, bulkActId: string): Promise<boolean> {
  try {
    await options.database.transaction().execute((tx) => workWithin(options, tx, bulkActId))
    return true
  } catch (error) {
    options.log.warn({ err: error, bulkActId }, 'a part of an act on many devices failed')
    return noteError(options, bulkActId, translateError(error))
  }
}

interface Held {
  readonly act: BulkActName
  readonly terms: Omit<BulkActTerms, 'act'>
  readonly note: string | null
  readonly filter: DeviceFilter | null
  readonly devices: number
  readonly createdAt: Date
  readonly createdBy: string
  readonly role: Role
  readonly isDisabled: boolean
  readonly place: string | null
  readonly done: number
  readonly changed: number
  readonly failed: number
}

async function workWithin(
  { performers, clock }: WorkOffOptions,
  tx: DatabaseTransaction,
  bulkActId: string,
): Promise<void> {
  const held = await hold(tx, bulkActId)
  if (held === undefined) return
  requireStillPermitted(held)
  const { atOnce, work } = performers[held.act]
  const deviceIds = await takeNext(tx, bulkActId, held, atOnce)
  const order = orderOf(bulkActId, held)
  const worked = deviceIds.length === 0 ? NOTHING : await work(tx, order, deviceIds, held.done)
  await advance(tx, bulkActId, deviceIds, worked)
  await insertFailures(tx, bulkActId, worked.failures)
  const isLast = deviceIds.length < atOnce
  if (isLast) await finish(tx, bulkActId, new Date(clock()))
  await record(tx, order, held, worked, isLast)
}

const NOTHING: WorkedOff = { changed: 0, failures: [], events: [] }

async function hold(tx: DatabaseTransaction, bulkActId: string): Promise<Held | undefined> {
  const { rows } = await sql<Held>`
    select b.act, b.terms, b.note, b.filter, b.devices, b.created_at as "createdAt", b.created_by as "createdBy",
      p.role, p.state = 'disabled' as "isDisabled", b.place, b.done, b.changed, b.failed
    from bulk_act b join operator p on p.operator_id = b.created_by
    where b.bulk_act_id = ${bulkActId}::uuid and b.state = 'running' for update of b`.execute(tx)
  return rows[0]
}

/** An account that was taken away because it was misused must not go on through what it ordered. */
function requireStillPermitted({ act, terms, role, isDisabled }: Held): void {
  if (isDisabled || !mayDoInBulk(role, { ...terms, act }))
    throw new SanadError('bulk-act.no-longer-permitted')
}

const orderOf = (
  bulkActId: string,
  { act, terms, note, createdBy, devices }: Held,
): OrderedAct => ({
  bulkActId,
  terms: { ...terms, act },
  note: note ?? undefined,
  operatorId: createdBy,
  devices,
})

async function takeNext(
  tx: DatabaseTransaction,
  bulkActId: string,
  { filter, place, done, createdAt }: Held,
  count: number,
): Promise<readonly string[]> {
  // Days and hours of a filter count from the order: what was previewed does not grow while it waits.
  if (filter !== null) return takeFound(tx, filter, { place, count, now: createdAt.getTime() })
  const { rows } = await sql<{ ids: string[] }>`
    select device_ids[${done + 1}::int:${done + count}::int] as ids
    from bulk_act where bulk_act_id = ${bulkActId}::uuid`.execute(tx)
  return rows[0]?.ids ?? []
}

async function advance(
  tx: DatabaseTransaction,
  bulkActId: string,
  deviceIds: readonly string[],
  { changed }: WorkedOff,
): Promise<void> {
  await sql`
    update bulk_act set done = done + ${deviceIds.length}::int, changed = changed + ${changed}::int, tries = 0,
      place = coalesce(${deviceIds.at(-1) ?? null}::uuid, place)
    where bulk_act_id = ${bulkActId}::uuid`.execute(tx)
}

async function finish(tx: DatabaseTransaction, bulkActId: string, at: Date): Promise<void> {
  await tx
    .updateTable('bulk_act')
    .set({ state: 'finished', finished_at: at })
    .where('bulk_act_id', '=', bulkActId)
    .execute()
}

async function record(
  tx: DatabaseTransaction,
  { bulkActId, note }: OrderedAct,
  { act, changed, failed }: Held,
  { consequences = [], events, ...worked }: WorkedOff,
  isLast: boolean,
): Promise<void> {
  const ended: NewEvent = {
    type: 'bulk-act.ended',
    actor: 'server',
    data: {
      bulkActId,
      act,
      outcome: 'finished',
      changed: changed + worked.changed,
      failed: failed + worked.failures.length,
    },
  }
  const noted = events.map((event) => ({ ...event, note }))
  await recordEvents(tx, [...consequences, ...noted, ...(isLast ? [ended] : [])])
}

/** @returns whether the act is over by it */
async function noteError(
  { database, clock }: WorkOffOptions,
  bulkActId: string,
  error: SanadError,
): Promise<boolean> {
  // A database that is away is no fault of the act.
  if (error.code === 'database.unavailable') throw error
  const isLost = error.status < 500
  return database.transaction().execute(async (tx) => {
    const { rows } = await sql<Held & { tries: number }>`
      update bulk_act set tries = tries + 1 where bulk_act_id = ${bulkActId}::uuid and state = 'running'
      returning act, changed, failed, tries`.execute(tx)
    const [held] = rows
    if (held === undefined || (!isLost && held.tries < MOST_TRIES)) return false
    await tx
      .updateTable('bulk_act')
      .set({ state: 'failed', failure_code: error.code, finished_at: new Date(clock()) })
      .where('bulk_act_id', '=', bulkActId)
      .execute()
    const { act, changed, failed } = held
    const data = { bulkActId, act, outcome: 'failed' as const, changed, failed }
    await recordEvents(tx, [{ type: 'bulk-act.ended', actor: 'server', data }])
    return true
  })
}
