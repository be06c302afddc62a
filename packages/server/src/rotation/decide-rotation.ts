import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import type { RotationPlan } from './plan-rotation.ts'

/** What becomes of a request to rotate: one pure, total table. The first rule that fits counts. */

export interface RotationRequestFacts {
  /** No other message of the device has taken this number meanwhile. */
  readonly hasNextNumber: boolean
  readonly state: DeviceState
  /** Thumbprint of the certificate that signed the request. */
  readonly signedBy: string
  readonly replaces: string
  /** Thumbprint of the certificate in use. */
  readonly active: string | undefined
  /** Why the new key is refused, whatever is on record. */
  readonly refusedWith: ProblemCode | undefined
  /**
   * What is on record of the new key: nothing; a plan of this rotation; this rotation’s certificate, not used
   * yet; anything else, on this device or another.
   */
  readonly keyUse: 'never' | 'planned' | 'issued' | 'before'
  readonly plan: RotationPlan
  /** What the HSM has in hand asks for patience: when to come again. */
  readonly stretched: RotationPlan | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How far the device’s time may be from ours, milliseconds. */
  readonly tolerance: number
}

export type RotationDecision =
  /** Another message was faster: this one is judged again, by what is on record then. */
  | { readonly verdict: 'again' }
  | { readonly verdict: 'refuse-state' }
  | { readonly verdict: 'refuse'; readonly code: ProblemCode }
  /** The certificate is there and its answer was lost. */
  | { readonly verdict: 'repeat' }
  | { readonly verdict: 'postpone'; readonly plan: RotationPlan }
  | { readonly verdict: 'issue' }

const refuse = (code: ProblemCode): RotationDecision => ({ verdict: 'refuse', code })

export function decideRotation(facts: RotationRequestFacts): RotationDecision {
  const { state, signedBy, replaces, active, refusedWith, keyUse, plan, stretched } = facts
  if (!facts.hasNextNumber) return { verdict: 'again' }
  if (state !== 'registered') return { verdict: 'refuse-state' }
  if (signedBy !== active) return { verdict: 'again' }
  if (replaces !== active) return refuse('rotation.replaces-another')
  if (refusedWith !== undefined) return refuse(refusedWith)
  if (keyUse === 'before') return refuse('rotation.key-not-new')
  if (keyUse === 'issued') return { verdict: 'repeat' }
  // What was begun is finished: its serial number is on record already.
  if (keyUse === 'planned') return { verdict: 'issue' }
  if (isEarly(facts)) return { verdict: 'postpone', plan }
  if (stretched !== undefined) return { verdict: 'postpone', plan: stretched }
  return { verdict: 'issue' }
}

/** MDS 0.9.5 › Management Client, 5: the server says when. What it ordered may come at once. */
const isEarly = ({ plan, now, tolerance }: RotationRequestFacts): boolean =>
  plan.reason !== 'ordered' && now < plan.start - tolerance
