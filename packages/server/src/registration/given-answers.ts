import { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Answer } from '../messages/answers.ts'
import './registration-tables.ts'
import type { Claim } from './claim.ts'

/** Answers to registration messages, kept while the message could arrive again. */

/** @throws SanadError `message.replayed` when another message came under the same name */
export async function findGivenAnswer(
  database: Database | DatabaseTransaction,
  claim: Claim,
): Promise<Answer | undefined> {
  const [given] = await findGivenAnswers(database, [claim])
  if (given instanceof SanadError) throw given
  return given
}

/** In the order of the claims; an error for a claim whose name another message has. */
async function findGivenAnswers(
  database: Database | DatabaseTransaction,
  claims: readonly Claim[],
): Promise<readonly (Answer | SanadError | undefined)[]> {
  const rows = await database
    .selectFrom('registration_answer')
    .select(['mid', 'payload_sha256', 'type', 'body'])
    .where('mid', '=', (eb) => eb.fn.any(eb.val(claims.map(midOf))))
    .execute()
  const byMid = new Map(rows.map((row) => [row.mid, row]))
  return claims.map((claim) => {
    const given = byMid.get(midOf(claim))
    if (given === undefined) return undefined
    if (!given.payload_sha256.equals(claim.payloadSha256)) return new SanadError('message.replayed')
    // Written by ourselves, from an Answer.
    return { type: given.type, body: given.body } as Answer
  })
}

const midOf = ({ request }: Claim): string => request.envelope.mid

/**
 * A message that comes again gets the answer it got; the work is for the others.
 *
 * @returns in the order of the items
 */
export async function answerOnce<Item extends { readonly claim: Claim }, Result>(
  database: Database,
  items: readonly Item[],
  repeat: (given: Answer) => Result,
  work: (fresh: readonly Item[]) => Promise<readonly (Result | SanadError)[]>,
): Promise<readonly (Result | SanadError)[]> {
  const given = await findGivenAnswers(
    database,
    items.map(({ claim }) => claim),
  )
  const fresh = items.filter((_item, index) => given[index] === undefined)
  const results = fresh.length === 0 ? [] : await work(fresh)
  const done = new Map(fresh.map((item, index) => [item, results[index]]))
  return items.map((item, index) => {
    const answer = given[index]
    if (answer === undefined) return done.get(item) as Result | SanadError
    return answer instanceof SanadError ? answer : repeat(answer)
  })
}

export interface GivenAnswer {
  readonly claim: Claim
  readonly answer: Answer
}

export async function keepAnswers(
  tx: DatabaseTransaction,
  given: readonly GivenAnswer[],
  expiresAt: number,
): Promise<void> {
  if (given.length === 0) return
  await sql`
    insert into registration_answer (mid, payload_sha256, type, body, expires_at)
    select mid, payload_sha256, type, body, ${new Date(expiresAt)}::timestamptz
    from unnest(
      ${given.map(({ claim }) => midOf(claim))}::text[],
      ${given.map(({ claim }) => claim.payloadSha256)}::bytea[],
      ${given.map(({ answer }) => answer.type)}::text[],
      ${given.map(({ answer }) => JSON.stringify(answer.body))}::jsonb[]
    ) as given (mid, payload_sha256, type, body)`.execute(tx)
}

/** Forgets what no message can ask for any more: its time would be outside the window. */
export async function forgetExpired(database: Database, now: number): Promise<void> {
  const past = new Date(now)
  await database.deleteFrom('registration_answer').where('expires_at', '<', past).execute()
  await database
    .deleteFrom('registration_challenge')
    .where('expires_at', '<', new Date(now - HOUR_MS))
    .execute()
}
