import { COMMAND_STATES, type CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { CampaignCounts } from '@sanad/protocol/operator-api/campaigns'
import type { Outcome } from './campaign-kind.ts'

/** What became of the devices of a campaign, as its thresholds read it. */

export interface Tally {
  /** Told and not over yet. */
  readonly open: number
  readonly succeeded: number
  /** Failed or refused. */
  readonly failed: number
  /** Expired or cancelled: a device that is away fails nothing. */
  readonly lapsed: number
}

const MEANS: Record<CommandState, keyof Tally> = {
  queued: 'open',
  sent: 'open',
  acknowledged: 'open',
  succeeded: 'succeeded',
  failed: 'failed',
  refused: 'failed',
  expired: 'lapsed',
  cancelled: 'lapsed',
}

/** @param phase counted from 0; undefined: of all phases */
export function tally(outcomes: readonly Outcome[], phase?: number): Tally {
  const sum = { open: 0, succeeded: 0, failed: 0, lapsed: 0 }
  for (const outcome of outcomes)
    if (phase === undefined || outcome.phase === phase) sum[MEANS[outcome.state]] += outcome.count
  return sum
}

export const toldOf = ({ open, succeeded, failed, lapsed }: Tally): number =>
  open + succeeded + failed + lapsed

/** What had ended when an operator resumed the campaign: it does not stop for the same failures again. */
export interface Forgiven {
  readonly phase: number
  readonly whole: Pick<Tally, 'succeeded' | 'failed'>
  readonly current: Pick<Tally, 'succeeded' | 'failed'>
}

/** What ended after the resumption. A retry takes a failure back, so that less may be left than was forgiven. */
export const since = (counted: Tally, forgiven: Forgiven['whole'] | undefined): Tally => ({
  ...counted,
  succeeded: Math.max(0, counted.succeeded - (forgiven?.succeeded ?? 0)),
  failed: Math.max(0, counted.failed - (forgiven?.failed ?? 0)),
})

/** By state, over all phases; devices that were not told are counted elsewhere. */
export function countStates(
  outcomes: readonly Outcome[],
): Omit<CampaignCounts, 'waiting' | 'skipped'> {
  const count = (state: CommandState): number =>
    outcomes.reduce((sum, outcome) => sum + (outcome.state === state ? outcome.count : 0), 0)
  // Object.fromEntries widens its keys; the list is closed.
  return Object.fromEntries(COMMAND_STATES.map((state) => [state, count(state)])) as Omit<
    CampaignCounts,
    'waiting' | 'skipped'
  >
}
