import { randomBytes } from 'node:crypto'
import type { DatabaseTransaction } from '../platform/database.ts'
import './registration-tables.ts'
import type { Claim } from './claim.ts'
import type { Evidence } from './decide.ts'

/** Nonces that make a registration fresh (RFC 9334 §10.2): each for one device, one key and one message. */

export interface Challenge {
  readonly nonce: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export async function giveChallenge(
  tx: DatabaseTransaction,
  claim: Claim,
  now: number,
  lifetime: number,
): Promise<Challenge> {
  const challenge = { nonce: randomBytes(24).toString('base64url'), expiresAt: now + lifetime }
  await tx
    .insertInto('registration_challenge')
    .values({
      nonce: challenge.nonce,
      subject: claim.request.envelope.sub,
      signer_sha256: claim.signer.sha256,
      expires_at: new Date(challenge.expiresAt),
      used_by: null,
    })
    .execute()
  return challenge
}

/** Uses the challenge up for this message; the same message may come again, another may not. */
export async function useChallenge(
  tx: DatabaseTransaction,
  claim: Claim,
  nonce: string,
  now: number,
): Promise<Evidence['challenge']> {
  const { sub, mid } = claim.request.envelope
  const challenge = await tx
    .updateTable('registration_challenge')
    .set({ used_by: mid })
    .where('nonce', '=', nonce)
    .where('subject', '=', sub)
    .where('signer_sha256', '=', claim.signer.sha256)
    .where((eb) => eb.or([eb('used_by', 'is', null), eb('used_by', '=', mid)]))
    .returning('expires_at')
    .executeTakeFirst()
  if (challenge === undefined) return 'unknown'
  return challenge.expires_at.getTime() < now ? 'expired' : 'fresh'
}
