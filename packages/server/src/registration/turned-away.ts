import type { NewEvent } from '@sanad/protocol/events'
import { SanadError } from '@sanad/protocol/problems'
import type { Answer } from '../messages/answers.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { requestApproval } from './approvals.ts'
import type { Case } from './cases.ts'
import { keepClaim } from './claims-store.ts'
import { isGranted } from './decide.ts'
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
  const { spkiSha256 } = key
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
  const said = {
    outcome: verdict === 'pend' ? 'pending' : 'refused',
    supportCode,
    sentence: sentenceFor(code),
    retryAfterSeconds: retryAfterFor(code),
  } as const
  return { answer: { type: 'registration-answer', body: said }, events: [...events, ...asked] }
}
