import { createHash } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { networkOf } from '../platform/network.ts'
import type { Job } from '../platform/schedule.ts'
import {
  FORGOTTEN_AFTER_MS,
  type GuessVerdict,
  type Guesser,
  STRANGERS_EVERY_MS,
  UNSEEN,
  judgeKnown,
  judgeStranger,
} from './guess-rules.ts'
import type { GuessScope } from './operator-tables.ts'

/**
 * Counts guesses at passwords, each before its password is tried: forty at once are forty in the ledger, and the
 * rules see every one. A right password takes its own guess out again.
 */

export interface Guess {
  readonly scope: GuessScope
  readonly key: Buffer
  /** Of all strangers at this name; a guess that has none is not a stranger’s. */
  readonly paceKey: Buffer | undefined
  readonly isKnownName: boolean
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The name as accounts are compared by. */
export const foldName = (name: string): string => name.normalize('NFC').toLowerCase()

export const guessOfBrowser = (browserId: string): Guess => ({
  scope: 'browser',
  key: digest(browserId),
  paceKey: undefined,
  isKnownName: true,
})

export const guessOfSignedIn = (operatorId: string): Guess => ({
  scope: 'signed-in',
  key: digest(operatorId),
  paceKey: undefined,
  isKnownName: true,
})

/** A name that nobody has is counted in the very same way: what waits does not tell which names exist. */
export const guessOfStranger = (name: string, address: string, isKnownName: boolean): Guess => ({
  scope: 'name-and-network',
  key: digest(`${foldName(name)}\n${networkOf(address)}`),
  paceKey: digest(foldName(name)),
  isKnownName,
})

/** @throws SanadError `operator.locked` with its wait */
export async function countGuess(database: Database, guess: Guess, now: number): Promise<void> {
  const verdict = await database.transaction().execute(async (tx) => {
    const paidUntil = await lockPace(tx, guess, now)
    const guesser = await lockGuesser(tx, guess)
    const judged =
      guess.paceKey === undefined
        ? judgeKnown(guesser, now)
        : judgeStranger(guesser, paidUntil, now)
    await keep(tx, guess, judged)
    return judged
  })
  if (!verdict.isAdmitted)
    throw new SanadError('operator.locked', undefined, { waitMs: verdict.waitMs })
}

/** The password was right. */
export async function giveGuessBack(tx: DatabaseTransaction, guess: Guess): Promise<void> {
  await tx
    .deleteFrom('operator_guess')
    .where('scope', '=', guess.scope)
    .where('key', '=', guess.key)
    .execute()
  if (guess.paceKey === undefined) return
  await sql`update operator_guess_pace
    set paid_until = paid_until - make_interval(secs => ${STRANGERS_EVERY_MS / 1000})
    where key = ${guess.paceKey}`.execute(tx)
}

/** The pace is locked before the guesser, always in this order. */
async function lockPace(tx: DatabaseTransaction, guess: Guess, now: number): Promise<number> {
  if (guess.paceKey === undefined) return now
  const { rows } = await sql<{ paid_until: Date }>`
    insert into operator_guess_pace as p (key, paid_until) values (${guess.paceKey}, ${new Date(now)})
    on conflict (key) do update set paid_until = p.paid_until
    returning paid_until`.execute(tx)
  return rows[0]?.paid_until.getTime() ?? now
}

async function lockGuesser(tx: DatabaseTransaction, guess: Guess): Promise<Guesser> {
  const { scope, key, isKnownName } = guess
  const { rows } = await sql<{ failures: number; last_at: Date; turn_at: Date | null }>`
    insert into operator_guess as g (scope, key, is_known_name, failures, last_at)
    values (${scope}, ${key}, ${isKnownName}, 0, 'epoch')
    on conflict (scope, key) do update set failures = g.failures
    returning failures, last_at, turn_at`.execute(tx)
  const [row] = rows
  if (row === undefined) return UNSEEN
  return {
    failures: row.failures,
    lastAt: row.last_at.getTime(),
    turnAt: row.turn_at?.getTime(),
  }
}

async function keep(tx: DatabaseTransaction, guess: Guess, verdict: GuessVerdict): Promise<void> {
  const { failures, lastAt, turnAt } = verdict.guesser
  await tx
    .updateTable('operator_guess')
    .set({
      failures,
      last_at: new Date(lastAt),
      turn_at: turnAt === undefined ? null : new Date(turnAt),
    })
    .where('scope', '=', guess.scope)
    .where('key', '=', guess.key)
    .execute()
  if (guess.paceKey === undefined) return
  await tx
    .updateTable('operator_guess_pace')
    .set({ paid_until: new Date(verdict.paidUntil) })
    .where('key', '=', guess.paceKey)
    .execute()
}

/** About 10 MB of rows. Each has cost its sender a place in the lane of sign-ins. */
const MOST_OF_KNOWN_NAMES = 100_000
const MOST_OF_UNKNOWN_NAMES = 20_000

/** Forgets guesses that are old, and the oldest of too many; those at unknown names by themselves. */
export const guessesJob = (database: Database, clock: Clock): Job => ({
  name: 'sign-in-guesses',
  everyMs: 60_000,
  run: () => forgetGuesses(database, clock()),
})

async function forgetGuesses(database: Database, now: number): Promise<void> {
  await sql`delete from operator_guess where last_at < ${new Date(now - FORGOTTEN_AFTER_MS)}
    and (turn_at is null or turn_at < ${new Date(now - FORGOTTEN_AFTER_MS)})`.execute(database)
  for (const [isKnown, most] of [
    [true, MOST_OF_KNOWN_NAMES],
    [false, MOST_OF_UNKNOWN_NAMES],
  ] as const)
    await sql`delete from operator_guess where is_known_name = ${isKnown} and last_at < (
      select last_at from operator_guess where is_known_name = ${isKnown}
      order by last_at desc offset ${most}::int limit 1)`.execute(database)
  await sql`delete from operator_guess_pace where paid_until < ${new Date(now)}`.execute(database)
}
