import { createHash } from 'node:crypto'
import { SanadError } from '@sanad/protocol/problems'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { networkOf } from '../platform/network.ts'
import type { FailureScope } from './operator-tables.ts'

/**
 * Failed sign-ins, and how long the next must wait: longer with each, for the same account from the same
 * address first, then for the account from anywhere and for the address with any account.
 *
 * The last two are lenient, or one could lock out a colleague by guessing badly at their name.
 */

interface Leniency {
  /** So many failures cost nothing. */
  readonly free: number
  readonly longestWaitMs: number
}

const LENIENCY: Record<FailureScope, Leniency> = {
  'account-and-address': { free: 5, longestWaitMs: 15 * 60_000 },
  account: { free: 50, longestWaitMs: 60_000 },
  address: { free: 50, longestWaitMs: 15 * 60_000 },
}

const FIRST_WAIT_MS = 1_000
/** A run of failures ends when nobody has failed for so long. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000
/** Rows are small and each costs its sender a password hash; still there is an end. */
const MOST_ROWS = 100_000

export interface SignInAttempt {
  readonly name: string
  readonly address: string
  /** Names nobody has are counted by address only, or inventing names would fill the table. */
  readonly isKnownName: boolean
}

interface Counted {
  readonly scope: FailureScope
  readonly key: Buffer
}

function countedFor({ name, address, isKnownName }: SignInAttempt): Counted[] {
  const account = name.normalize('NFC').toLowerCase()
  const place = networkOf(address)
  const byAddress: Counted = { scope: 'address', key: digest(place) }
  if (!isKnownName) return [byAddress]
  return [
    { scope: 'account-and-address', key: digest(`${account}\n${place}`) },
    { scope: 'account', key: digest(account) },
    byAddress,
  ]
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function waitAfter(failures: number, { free, longestWaitMs }: Leniency): number {
  if (failures < free) return 0
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures - free, 20), longestWaitMs)
}

/** @throws SanadError `operator.locked` */
export async function refuseWhileLocked(
  database: Database,
  attempt: SignInAttempt,
  now: number,
): Promise<void> {
  for (const { scope, key } of countedFor(attempt)) {
    const row = await database
      .selectFrom('operator_sign_in_failure')
      .select(['failures', 'last_at'])
      .where('scope', '=', scope)
      .where('key', '=', key)
      .executeTakeFirst()
    if (row === undefined || isForgotten(row.last_at, now)) continue
    const until = row.last_at.getTime() + waitAfter(row.failures, LENIENCY[scope])
    if (now < until) throw new SanadError('operator.locked')
  }
}

const isForgotten = (lastAt: Date, now: number): boolean =>
  now - lastAt.getTime() > FORGOTTEN_AFTER_MS

/** @returns how often this account, or this address with unknown names, has now failed in a row. */
export async function countFailure(
  tx: DatabaseTransaction,
  attempt: SignInAttempt,
  now: number,
): Promise<number> {
  await forgetOldFailures(tx, now)
  const at = new Date(now)
  const oldest = new Date(now - FORGOTTEN_AFTER_MS)
  let failures = 0
  for (const { scope, key } of countedFor(attempt)) {
    const { rows } = await sql<{ failures: number }>`
      insert into operator_sign_in_failure as f (scope, key, failures, last_at)
      values (${scope}, ${key}, 1, ${at})
      on conflict (scope, key) do update set
        failures = case when f.last_at < ${oldest} then 1 else f.failures + 1 end,
        last_at = excluded.last_at
      returning failures`.execute(tx)
    if (scope === 'account' || !attempt.isKnownName) failures = rows[0]?.failures ?? 0
  }
  return failures
}

async function forgetOldFailures(tx: DatabaseTransaction, now: number): Promise<void> {
  await sql`
    delete from operator_sign_in_failure
    where last_at < ${new Date(now - FORGOTTEN_AFTER_MS)}
      or last_at < (select last_at from operator_sign_in_failure order by last_at desc offset ${MOST_ROWS} limit 1)`.execute(
    tx,
  )
}

export async function forgetFailures(
  tx: DatabaseTransaction,
  attempt: Omit<SignInAttempt, 'isKnownName'>,
): Promise<void> {
  for (const { scope, key } of countedFor({ ...attempt, isKnownName: true })) {
    // An address that guesses at many accounts is not forgiven for knowing one.
    if (scope === 'address') continue
    await tx
      .deleteFrom('operator_sign_in_failure')
      .where('scope', '=', scope)
      .where('key', '=', key)
      .execute()
  }
}

/** The first failure, then each power of two: a thousand guesses are a dozen events. */
export const isWorthRecording = (failures: number): boolean =>
  failures > 0 && (failures & (failures - 1)) === 0
