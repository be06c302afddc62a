import type { Command } from '@sanad/protocol/domain/commands'
import { pause } from '../base/pause.ts'
import type { DeviceState } from '../state/device-state.ts'
import { type HeldCommand, conclude, readOrder } from '../state/held-commands.ts'
import {
  AFTER_POWER_CUT,
  type Effect,
  type EffectType,
  type Outcome,
  notNow,
  takeEffect,
} from './obey-command.ts'
import { STATE_ORDERS, isStateOrder, replaceHeld, settleRotation } from './state-orders.ts'
import { reportOn } from './take-commands.ts'

/**
 * Obeys one held command, once. The command is on disk already, its start is on disk before its effect, and its
 * outcome before the report leaves; so the next life knows what this one did.
 */

export interface Obedience {
  /** Undefined where the client has no workshop. */
  readonly effect: Effect | undefined
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
  readonly signal: AbortSignal
  readonly write: (state: DeviceState) => Promise<void>
}

const NOT_SUPPORTED: Outcome = { state: 'failed', failure: 'not-supported' }
const EXPIRED: Outcome = { state: 'refused', failure: 'expired' }
const INTERRUPTED: Outcome = { state: 'failed', failure: 'interrupted' }
const LONGEST_END_MS = 60_000

export async function obeyHeld(
  state: DeviceState,
  held: HeldCommand,
  { effect, now, signal, write }: Obedience,
): Promise<void> {
  const settled = settleRotation(state, held, now)
  if (settled !== undefined) return write(replaceHeld(state, settled))
  const end = (outcome: Outcome): Promise<void> =>
    write(replaceHeld(state, conclude(held, { ...reportOn(held, outcome.state, now), ...outcome })))

  const order = readOrder(held)
  if (held.stage === 'taken' && now > (held.notAfter ?? 0)) return end(EXPIRED)
  if (isStateOrder(order.type)) return write(STATE_ORDERS[order.type](state, held, now))
  if (effect === undefined) return end(NOT_SUPPORTED)
  const decided =
    held.stage === 'begun' ? judgeInterrupted(held, order, effect) : notNow(order, effect)
  if (decided !== undefined) return end(decided)

  const begun: HeldCommand = { ...held, stage: 'begun', run: effect.workshop.run }
  await write(replaceHeld(state, begun))
  // isStateOrder took the others.
  const outcome = await takeEffect({ ...order, type: order.type as EffectType }, effect)
  // The process ends; the next one reports the outcome.
  if (outcome === undefined) return pause(LONGEST_END_MS, signal)
  // Interrupted, not failed: it continues when the device is back.
  if (signal.aborted && outcome.state !== 'succeeded') return
  await end(outcome)
}

/** @returns undefined when the client may do it again */
function judgeInterrupted(
  { run }: HeldCommand,
  { type, body }: Pick<Command, 'type' | 'body'>,
  { workshop }: Effect,
): Outcome | undefined {
  const isRestart = type === 'restart-service' && 'service' in body && body.service === 'client'
  if (isRestart) return run === workshop.run ? undefined : { state: 'succeeded' }
  return AFTER_POWER_CUT[type as EffectType] === 'again' ? undefined : INTERRUPTED
}
