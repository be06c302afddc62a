import type { RotationOrder } from '@sanad/protocol/wire/messages/rotation-order'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@sanad/protocol/text/durations'
import { type DeviceState, type Rotation, doom, without } from '../state/device-state.ts'

/** What the server's orders and refusals do to the plan of the next rotation. Pure. */

interface Moment {
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
  /** 0 ≤ random < 1: spreads a fleet over time. */
  readonly random: () => number
}

/** After "postponed" the device waits at least this long, even if the server names an earlier window. */
const LEAST_POSTPONEMENT_MS = 10 * MINUTE_MS
const LARGEST_BACKOFF_MS = DAY_MS

/** The order of a check-in answer. The instant is drawn when the window is a new one, and only then. */
export function takeOrder(state: DeviceState, order: RotationOrder, moment: Moment): DeviceState {
  const window = readWindow(order)
  if (window === undefined) return state
  const { rotation } = state
  const isSame = rotation?.start === window.start && rotation.end === window.end
  if (isSame) return { ...state, rotation: { ...rotation, reason: order.reason } }
  const drawn = drawInstant(window, moment)
  const at = Math.max(drawn, earliestInstant(state, order, moment))
  return withRotation(state, { ...window, reason: order.reason, at })
}

function earliestInstant(
  { rotation, superseded }: DeviceState,
  { reason }: RotationOrder,
  { now }: Moment,
): number {
  // The wait after a refused successor holds even if the server changes the window.
  if (rotation?.trouble !== undefined) return rotation.at
  // A key that has just replaced another is not due: rotating it again would wear the chip out.
  return superseded !== undefined && reason !== 'ordered' ? now + HOUR_MS : 0
}

/** The server cannot certify the successor now; the key is kept for the next time. */
export function postpone(state: DeviceState, order: RotationOrder, moment: Moment): DeviceState {
  const { now, random } = moment
  const least = now + LEAST_POSTPONEMENT_MS * (1 + random())
  const window = readWindow(order) ?? state.rotation ?? { start: now, end: Math.ceil(least) }
  const { start, end } = window
  const at = Math.round(Math.max(least, drawInstant(window, moment)))
  return withRotation(state, { start, end, reason: order.reason, at })
}

/** The server refused this successor: the device makes another, after a longer wait each time. */
export function discardSuccessor(
  state: DeviceState,
  words: { supportCode: string; sentence: string; retryAfterSeconds: number },
  { now, random }: Moment,
): DeviceState {
  const { rotation, successor } = state
  const refusals = (rotation?.trouble?.refusals ?? 0) + 1
  const backoff = Math.min(LARGEST_BACKOFF_MS, HOUR_MS * 2 ** (refusals - 1))
  const wait = Math.max(backoff, words.retryAfterSeconds * 1000) * (1 + 0.1 * random())
  const { supportCode, sentence } = words
  const next: Rotation = {
    ...(rotation ?? { start: now, end: now + HOUR_MS, reason: 'ordered' }),
    at: now + Math.round(wait),
    trouble: { refusals, supportCode, sentence },
  }
  const rest = without(state, 'successor')
  return { ...(successor === undefined ? rest : doom(rest, successor.keyId)), rotation: next }
}

/**
 * The certificate is past its end. A successor may have been certified meanwhile, and that certificate may have
 * ended too, so the device makes a new key; the server revokes what was never used.
 */
export function beginRecovery(state: DeviceState): DeviceState {
  const { successor } = state
  const rest = without(state, 'reclaim', 'challenge', 'successor')
  return { ...(successor === undefined ? rest : doom(rest, successor.keyId)), recovery: {} }
}

/** RFC 9773 §4.2: a window that ends before it starts counts as none, and the plan stays as it was. */
function readWindow(order: RotationOrder): { start: number; end: number } | undefined {
  const [start, end] = [parseTimestamp(order.start), parseTimestamp(order.end)]
  return end > start ? { start, end } : undefined
}

/** RFC 9773 §4.2: uniformly random within the window; one in the past means at once. */
const drawInstant = ({ start, end }: { start: number; end: number }, { random }: Moment): number =>
  start + Math.floor(random() * (end - start))

function withRotation(state: DeviceState, rotation: Omit<Rotation, 'trouble'>): DeviceState {
  const trouble = state.rotation?.trouble
  return { ...state, rotation: { ...rotation, ...(trouble !== undefined && { trouble }) } }
}
