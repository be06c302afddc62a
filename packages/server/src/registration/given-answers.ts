import { SanadError } from '@sanad/protocol/problems'
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
  const given = await database
    .selectFrom('registration_answer')
    .select(['payload_sha256', 'type', 'body'])
    .where('mid', '=', claim.request.envelope.mid)
    .executeTakeFirst()
  if (given === undefined) return undefined
  if (!given.payload_sha256.equals(claim.payloadSha256)) throw new SanadError('message.replayed')
  // Written by ourselves, from an Answer.
  return { type: given.type, body: given.body } as Answer
}

export async function keepAnswer(
  tx: DatabaseTransaction,
  claim: Claim,
  answer: Answer,
  expiresAt: number,
): Promise<void> {
  await tx
    .insertInto('registration_answer')
    .values({
      mid: claim.request.envelope.mid,
      payload_sha256: claim.payloadSha256,
      type: answer.type,
      body: JSON.stringify(answer.body),
      expires_at: new Date(expiresAt),
    })
    .execute()
}

/** Forgets what no message can ask for any more: its time would be outside the window. */
export async function forgetExpired(database: Database, now: number): Promise<void> {
  const past = new Date(now)
  await database.deleteFrom('registration_answer').where('expires_at', '<', past).execute()
  await database
    .deleteFrom('registration_challenge')
    .where('expires_at', '<', new Date(now - 3_600_000))
    .execute()
}
