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
import { type Part, fillInParts } from '../platform/fill-in-parts.ts'
import type { Job } from '../platform/schedule.ts'
import './bulk-tables.ts'
import { endAct } from './end-act.ts'
import { insertFailures } from './failures.ts'
import type { OrderedAct, Performers } from './performers.ts'

/**
 * Works off acts on many devices: a part at a time, each in one short transaction with its events.
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
/** An error of the server’s own may pass; one that does not ends the act. */
const MOST_TRIES = 5

export const bulkActsJob = (options: WorkOffOptions): Job => ({
  name: BULK_ACTS_JOB,
  everyMs: EVERY_MS,
  run: (signal) => workOffAll(options, signal),
})

/** Until none is left that can advance; what failed is tried again when the job comes back. */
export function workOffAll(options: WorkOffOptions, signal?: AbortSignal): Promise<void> {
  const { database, performers } = options
  return fillInParts(
    {
      database,
      list: () => takeUp(options),
      hold,
      atOnce: ({ act }) => performers[act].atOnce,
      find: takeNext,
      work: (tx, held, part) => workPart(options, tx, held, part),
      noteFailure: (bulkActId, error) => noteFailure(options, bulkActId, error),
    },
    signal,
  )
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

interface Held {
  readonly bulkActId: string
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

async function workPart(
  { performers, clock }: WorkOffOptions,
  tx: DatabaseTransaction,
  held: Held,
  { deviceIds, isLast }: Part,
): Promise<void> {
  const order = orderOf(held)
  const worked =
    deviceIds.length === 0
      ? NOTHING
      : await performers[held.act].work(tx, order, deviceIds, held.done)
  const { bulkActId } = held
  await advance(tx, bulkActId, deviceIds, worked)
  await insertFailures(tx, bulkActId, worked.failures)
  const ended = isLast ? [await finish(tx, performers, held, worked, clock())] : []
  const { consequences = [], events } = worked
  const noted = events.map((event) => ({ ...event, note: order.note }))
  await recordEvents(tx, [...consequences, ...noted, ...ended])
}

const NOTHING: WorkedOff = { changed: 0, failures: [], events: [] }

async function hold(tx: DatabaseTransaction, bulkActId: string): Promise<Held | undefined> {
  const { rows } = await sql<Held>`
    select b.bulk_act_id as "bulkActId", b.act, b.terms, b.note, b.filter, b.devices, b.created_at as "createdAt", b.created_by as "createdBy",
      p.role, p.state = 'disabled' as "isDisabled", b.place, b.done, b.changed, b.failed
    from bulk_act b join operator p on p.operator_id = b.created_by
    where b.bulk_act_id = ${bulkActId}::uuid and b.state = 'running' for update of b`.execute(tx)
  const [held] = rows
  if (held !== undefined) requireStillPermitted(held)
  return held
}

/** An account that was taken away because it was misused must not go on through what it ordered. */
function requireStillPermitted({ act, terms, role, isDisabled }: Held): void {
  if (isDisabled || !mayDoInBulk(role, { ...terms, act }))
    throw new SanadError('bulk-act.no-longer-permitted')
}

const orderOf = ({ bulkActId, act, terms, note, createdBy, devices }: Held): OrderedAct => ({
  bulkActId,
  terms: { ...terms, act },
  note: note ?? undefined,
  operatorId: createdBy,
  devices,
})

async function takeNext(
  tx: DatabaseTransaction,
  { bulkActId, filter, place, done, createdAt }: Held,
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

function finish(
  tx: DatabaseTransaction,
  performers: Performers,
  { changed, failed, ...act }: Held,
  last: WorkedOff,
  at: number,
): Promise<NewEvent> {
  const counted = {
    ...act,
    changed: changed + last.changed,
    failed: failed + last.failures.length,
  }
  return endAct(tx, performers, counted, { outcome: 'finished', actor: 'server', at })
}

/** What the act itself is to blame for ends it, and so does an error that does not pass. */
async function noteFailure(
  { database, performers, clock, log }: WorkOffOptions,
  bulkActId: string,
  cause: unknown,
): Promise<void> {
  log.warn({ err: cause, bulkActId }, 'a part of an act on many devices failed')
  const error = translateError(cause)
  // A database that is away is no fault of the act.
  if (error.code === 'database.unavailable') throw error
  const isLost = error.status < 500
  await database.transaction().execute(async (tx) => {
    const { rows } = await sql<Held & { tries: number }>`
      update bulk_act set tries = tries + 1 where bulk_act_id = ${bulkActId}::uuid and state = 'running'
      returning act, changed, failed, tries`.execute(tx)
    const [held] = rows
    if (held === undefined || (!isLost && held.tries < MOST_TRIES)) return
    const end = { outcome: 'failed', code: error.code, actor: 'server', at: clock() } as const
    await recordEvents(tx, [await endAct(tx, performers, { ...held, bulkActId }, end)])
  })
}
