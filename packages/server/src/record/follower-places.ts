import type { FollowerView } from '@sanad/protocol/operator-api/followers'
import { type Selectable, sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { FollowerTable } from './event-tables.ts'
import { readHead } from './event-reader.ts'

/** Where each follower has come to in the record: one row each. Times of retries are of the server’s clock. */

export type Place = Selectable<FollowerTable>

/** Nothing is taken up to here. Opening a place that is there changes nothing. */
export async function openPlace(
  database: Database | DatabaseTransaction,
  name: string,
  lastSeq: number,
  now: number,
): Promise<void> {
  await database
    .insertInto('follower')
    .values({ name, last_seq: lastSeq, next_attempt_at: new Date(now) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Continues where it stopped: nothing of the record is left out. */
export async function resumePlace(
  tx: DatabaseTransaction,
  name: string,
  now: number,
): Promise<void> {
  await tx
    .updateTable('follower')
    .set({ failures: 0, failing_since: null, next_attempt_at: new Date(now) })
    .where('name', '=', name)
    .execute()
}

export async function closePlace(tx: DatabaseTransaction, name: string): Promise<void> {
  await tx.deleteFrom('follower').where('name', '=', name).execute()
}

export interface PlaceInRecord extends Place {
  /** Events of the record that come after its place, wanted or not. */
  readonly behind: number
}

/** The places by name, and the number of the last event. */
export async function readPlaces(
  database: Database,
): Promise<{ readonly head: number; readonly places: readonly PlaceInRecord[] }> {
  const head = await readHead(database)
  const rows = await database.selectFrom('follower').selectAll().orderBy('name').execute()
  const places = rows.map((row) => ({ ...row, behind: Math.max(0, head - row.last_seq) }))
  return { head, places }
}

export function stateOf({ next_attempt_at, failures }: Place): FollowerView['state'] {
  if (next_attempt_at === null) return 'stopped'
  return failures > 0 ? 'failing' : 'active'
}

export interface Claim {
  readonly names: readonly string[]
  readonly holder: string
  readonly now: number
  /** The number of the last event. */
  readonly head: number
}

/** A batch takes at most half as long: `TAKE_TIMEOUT_MS`. */
const LEASE = sql<Date>`clock_timestamp() + interval '60 seconds'`

/** Those that are due, have something to take and are in no other process’s hands are in this one’s now. */
export function claimPlaces(database: Database, claim: Claim): Promise<readonly Place[]> {
  return database
    .updateTable('follower')
    .set({ held_by: claim.holder, held_until: LEASE })
    .where('name', 'in', [...claim.names])
    .where('last_seq', '<', claim.head)
    .where('next_attempt_at', '<=', new Date(claim.now))
    .where((eb) =>
      eb.or([eb('held_until', 'is', null), eb('held_until', '<', sql<Date>`clock_timestamp()`)]),
    )
    .returningAll()
    .execute()
}

export interface Progress {
  readonly name: string
  readonly holder: string
  readonly upTo: number
  /** Nothing was, when none of the events were wanted. */
  readonly takenAt: Date | null
}

/** @returns whether the place is still this process’s; a follower that was removed has none. */
export async function notePlace(database: Database, progress: Progress): Promise<boolean> {
  const { name, holder, upTo, takenAt } = progress
  const { numUpdatedRows } = await database
    .updateTable('follower')
    .set({
      last_seq: upTo,
      failures: 0,
      failing_since: null,
      held_until: LEASE,
      ...(takenAt !== null && { last_taken_at: takenAt, last_failure: null }),
    })
    .where('name', '=', name)
    .where('held_by', '=', holder)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export interface FailedAttempt {
  readonly name: string
  readonly holder: string
  readonly failure: string
  readonly failures: number
  readonly since: Date
  /** Null: it is stopped. */
  readonly nextAttemptAt: Date | null
}

/** @returns whether the place was still this process’s. */
export async function noteFailedAttempt(
  tx: DatabaseTransaction,
  attempt: FailedAttempt,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('follower')
    .set({
      failures: attempt.failures,
      failing_since: attempt.since,
      last_failure: attempt.failure,
      next_attempt_at: attempt.nextAttemptAt,
    })
    .where('name', '=', attempt.name)
    .where('held_by', '=', attempt.holder)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function releasePlace(
  database: Database,
  name: string,
  holder: string,
): Promise<void> {
  await database
    .updateTable('follower')
    .set({ held_by: null, held_until: null })
    .where('name', '=', name)
    .where('held_by', '=', holder)
    .execute()
}
