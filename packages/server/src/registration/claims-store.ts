import { randomUUID } from 'node:crypto'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import { makeSupportCode } from '../messages/support-code.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { networkOf } from '../platform/network.ts'
import './registration-tables.ts'
import type { Claim } from './claim.ts'
import type { Decision, Evidence } from './facts.ts'
import { describeEvidence, ftmCertificateOf } from './evidence.ts'

export interface TurnedAway {
  readonly claim: Claim
  readonly evidence: Evidence
  readonly decision: Decision & {
    readonly verdict: 'refuse' | 'quarantine' | 'pend'
    readonly code: NonNullable<Decision['code']>
  }
  readonly deviceId: string | undefined
  readonly spkiSha256: string | undefined
  readonly remoteAddress: string
}

export interface KeptClaim {
  readonly supportCode: string
  /** The event for the first of its kind; a claim that is tried again is only counted. */
  readonly events: readonly NewEvent[]
}

/** One row for a claim and its reason, however often it is tried. */
export async function keepClaim(
  tx: DatabaseTransaction,
  turnedAway: TurnedAway,
  now: number,
): Promise<KeptClaim> {
  const { claim, evidence, decision, deviceId, remoteAddress } = turnedAway
  const at = new Date(now)
  const row = await tx
    .insertInto('registration_claim')
    .values({
      claim_id: randomUUID(),
      support_code: makeSupportCode(),
      make: claim.digitalId.make,
      model: claim.digitalId.model,
      serial_no: claim.digitalId.serialNo,
      level: evidence.claimedLevel,
      device_id: deviceId ?? null,
      signer_sha256: claim.signer.sha256,
      verdict: decision.verdict,
      code: decision.code,
      rule: decision.rule,
      evidence: JSON.stringify(describeEvidence(evidence)),
      remote_address: remoteAddress,
      network: networkOf(remoteAddress),
      first_at: at,
      last_at: at,
    })
    .onConflict((conflict) =>
      conflict.columns(['make', 'model', 'serial_no', 'signer_sha256', 'code']).doUpdateSet({
        last_at: at,
        attempts: sql`registration_claim.attempts + 1`,
        remote_address: remoteAddress,
        network: networkOf(remoteAddress),
        device_id: deviceId ?? null,
        evidence: JSON.stringify(describeEvidence(evidence)),
        rule: decision.rule,
      }),
    )
    .returning(['support_code', sql<boolean>`xmax = 0`.as('is_first')])
    .executeTakeFirstOrThrow()
  return {
    supportCode: row.support_code,
    events: row.is_first ? describeTurnedAway(turnedAway, row.support_code) : [],
  }
}

function describeTurnedAway(
  { claim, decision, deviceId, spkiSha256 }: TurnedAway,
  supportCode: string,
): NewEvent[] {
  // An approval that is asked for has an event of its own; claims of unknown devices are counted, see unknown-claims.ts.
  if (decision.verdict === 'pend' || deviceId === undefined) return []
  const refusal = { code: decision.code, rule: decision.rule.toLowerCase(), supportCode }
  if (decision.verdict === 'refuse')
    return [{ type: 'device.registration-refused', actor: 'server', deviceId, data: refusal }]
  const ftmCertificateSha256 = ftmCertificateOf(claim)
  return [
    {
      type: 'device.claim-quarantined',
      actor: 'server',
      deviceId,
      data: {
        ...refusal,
        ...(spkiSha256 !== undefined && { spkiSha256 }),
        ...(ftmCertificateSha256 !== undefined && { ftmCertificateSha256 }),
      },
    },
  ]
}
