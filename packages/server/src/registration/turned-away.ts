import type { NewEvent } from '@sanad/protocol/domain/events'
import { PURGE_ORDERS } from '@sanad/protocol/wire/messages/key-purge'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Answer } from '../messages/answers.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { digestOf } from '../certificates/new-key.ts'
import { requestApproval } from './approvals.ts'
import type { Case } from './cases.ts'
import { keepClaim } from './claims-store.ts'
import { isGranted } from './facts.ts'
import { isCertificateOf } from './recoveries.ts'
import { retryAfterFor, sentenceFor } from './sentences.ts'

export interface TurnedAwayAnswer {
  readonly answer: Answer
  /** For the end of the transaction. */
  readonly events: readonly NewEvent[]
}

/** Keeps the claim with its reason; where a person's word is wanted, asks for it. */
export async function turnAway(
  tx: DatabaseTransaction,
  { claim, body, decision, evidence, approved, key, remoteAddress }: Case,
  now: number,
): Promise<TurnedAwayAnswer> {
  const { verdict, code } = decision
  if (isGranted(verdict) || code === undefined)
    throw new SanadError('server.internal', 'a verdict without a reason')
  const { deviceId } = approved ?? {}
  const spkiSha256 = digestOf(key)
  const kind = body.recovers === undefined ? 'registration' : 'recovery'
  const turnedAway = { ...decision, verdict, code }
  const { supportCode, events } = await keepClaim(
    tx,
    { claim, evidence, decision: turnedAway, deviceId, spkiSha256, remoteAddress },
    now,
  )
  const asked =
    verdict === 'pend' && deviceId !== undefined && spkiSha256 !== undefined
      ? await requestApproval(tx, { deviceId, spkiSha256, kind, supportCode }, now)
      : []
  const words = {
    supportCode,
    sentence: sentenceFor(code),
    retryAfterSeconds: retryAfterFor(code),
  }
  const outcome = verdict === 'pend' ? 'pending' : 'refused'
  const answer: Answer = (await isToldWhy(tx, { body, decision, approved }))
    ? { type: 'refusal', body: { code, ...words } }
    : { type: 'registration-answer', body: { outcome, ...words } }
  return { answer, events: [...events, ...asked] }
}

/**
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4.1: a device whose registration has ended is told
 * to give up its keys. One whose certificate ended meanwhile can hear of it in this answer alone. No other claim
 * learns why it was turned away.
 */
async function isToldWhy(
  tx: DatabaseTransaction,
  { body: { recovers }, decision, approved }: Pick<Case, 'body' | 'decision' | 'approved'>,
): Promise<boolean> {
  if (decision.code === undefined || !PURGE_ORDERS.has(decision.code)) return false
  if (recovers === undefined || approved === undefined) return false
  return isCertificateOf(tx, approved.deviceId, recovers)
}
