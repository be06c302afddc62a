import { MINUTE_MS } from '@sanad/protocol/text/durations'
import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignPhase, ErrorThreshold } from '@sanad/protocol/operator-api/campaign-phases'
import type { Tally } from './tallies.ts'

/** What a campaign does next: one pure, total decision. All times in milliseconds since the epoch. */

export interface Standing {
  readonly state: CampaignState
  readonly now: number
  readonly phase: CampaignPhase
  readonly abort: ErrorThreshold
  /** Devices told by the end of this phase, counted from the first one on; `Infinity` in the last. */
  readonly upTo: number
  /** In all phases so far. */
  readonly told: number
  /** In this phase. */
  readonly toldInPhase: number
  /** When the last device of this phase was told. */
  readonly toldAt: number | null
  /** Devices wait that can be told now. */
  readonly hasWaiting: boolean
  /** More may come: they are being gathered, or it is a continuing campaign. */
  readonly mayGrow: boolean
  /** An operator resumed it in this phase: what had ended by then is not held against it. */
  readonly isAccepted: boolean
  /** Of all phases, and of this one. */
  readonly whole: Tally
  readonly current: Tally
}

export type Next =
  | { readonly kind: 'tell'; readonly atMost: number }
  /** The last device of the phase is told: it soaks from now on. */
  | { readonly kind: 'end-telling' }
  | { readonly kind: 'next-phase' }
  | { readonly kind: 'wait'; readonly for: 'operator' | 'devices' | 'results' }
  | { readonly kind: 'wait'; readonly for: 'soak'; readonly until: number }
  | { readonly kind: 'pause'; readonly because: 'failures' | 'too-few-succeeded' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'finish' }

export function decideNext(standing: Standing): Next {
  const { state, whole } = standing
  if (state === 'paused') return { kind: 'wait', for: 'operator' }
  if (state !== 'running') return whole.open > 0 ? RESULTS : FINISH
  return haltFor(standing) ?? tellMore(standing) ?? endPhase(standing)
}

const RESULTS: Next = { kind: 'wait', for: 'results' }
const FINISH: Next = { kind: 'finish' }

function haltFor({ phase: { errors }, abort, whole, current }: Standing): Next | undefined {
  if (errors !== undefined && isCrossed(errors, current)) return halt(errors)
  if (isCrossed(abort, whole)) return halt(abort)
  return undefined
}

const isCrossed = (
  { failedPercent, ofAtLeast }: ErrorThreshold,
  { failed, succeeded }: Tally,
): boolean => failed + succeeded >= ofAtLeast && failed * 100 > failedPercent * (failed + succeeded)

const halt = ({ action }: ErrorThreshold): Next =>
  action === 'pause' ? { kind: 'pause', because: 'failures' } : { kind: 'stop' }

function tellMore({ upTo, told, hasWaiting, mayGrow, whole }: Standing): Next | undefined {
  const left = upTo - told
  if (left <= 0) return undefined
  if (hasWaiting) return { kind: 'tell', atMost: left }
  if (mayGrow) return { kind: 'wait', for: 'devices' }
  // Nobody is left to tell: phases that would follow are empty.
  return whole.open > 0 ? RESULTS : FINISH
}

function endPhase({ phase, now, toldAt, toldInPhase, current, isAccepted }: Standing): Next {
  if (toldAt === null) return { kind: 'end-telling' }
  const until = toldAt + (phase.soakMinutes ?? 0) * MINUTE_MS
  if (now < until) return { kind: 'wait', for: 'soak', until }
  const { success } = phase
  if (success === undefined) return NEXT_PHASE
  const ended = current.succeeded + current.failed
  const isEnough = ended >= Math.min(success.ofAtLeast, toldInPhase)
  if (isEnough && current.succeeded * 100 >= success.percent * ended) return NEXT_PHASE
  if (current.open > 0) return RESULTS
  return isAccepted ? NEXT_PHASE : { kind: 'pause', because: 'too-few-succeeded' }
}

const NEXT_PHASE: Next = { kind: 'next-phase' }
