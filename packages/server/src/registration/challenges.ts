import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './registration-tables.ts'
import type { Claim } from './claim.ts'
import type { Evidence } from './facts.ts'

/** Nonces that make a registration fresh (RFC 9334 §10.2): each for one device, one key and one message. */

export interface Challenge {
  readonly nonce: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** In the order of the messages that asked. */
export async function giveChallenges(
  tx: DatabaseTransaction,
  asked: readonly { readonly claim: Claim }[],
  expiresAt: number,
): Promise<readonly Challenge[]> {
  const challenges = asked.map(() => ({
    nonce: randomBytes(24).toString('base64url'),
    expiresAt,
  }))
  await sql`
    insert into registration_challenge (nonce, subject, signer_sha256, expires_at)
    select nonce, subject, signer_sha256, ${new Date(expiresAt)}::timestamptz
    from unnest(
      ${challenges.map(({ nonce }) => nonce)}::text[],
      ${asked.map(({ claim }) => claim.request.envelope.sub)}::text[],
      ${asked.map(({ claim }) => claim.signer.sha256)}::text[]
    ) as given (nonce, subject, signer_sha256)`.execute(tx)
  return challenges
}

export interface ChallengeUse {
  readonly claim: Claim
  readonly body: { readonly nonce: string }
}

/**
 * Uses each challenge up for its message; the same message may come again, another may not.
 *
 * @returns what was found, in order
 */
export async function useChallenges(
  tx: DatabaseTransaction,
  uses: readonly ChallengeUse[],
  now: number,
): Promise<readonly Evidence['challenge'][]> {
  const envelopes = uses.map(({ claim }) => claim.request.envelope)
  const { rows } = await sql<{ place: number; expires_at: Date }>`
    update registration_challenge c set used_by = used.mid
    from unnest(
      ${uses.map(({ body }) => body.nonce)}::text[],
      ${envelopes.map(({ sub }) => sub)}::text[],
      ${uses.map(({ claim }) => claim.signer.sha256)}::text[],
      ${envelopes.map(({ mid }) => mid)}::text[]
    ) with ordinality as used (nonce, subject, signer_sha256, mid, place)
    where c.nonce = used.nonce and c.subject = used.subject
      and c.signer_sha256 = used.signer_sha256
      and (c.used_by is null or c.used_by = used.mid)
    returning used.place, c.expires_at`.execute(tx)
  const found = new Map(rows.map(({ place, expires_at }) => [place, expires_at.getTime()]))
  return uses.map((_use, index) => {
    const expiresAt = found.get(index + 1)
    if (expiresAt === undefined) return 'unknown'
    return expiresAt < now ? 'expired' : 'fresh'
  })
}
