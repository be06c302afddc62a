import type { HeldCommands } from '../state/held-commands.ts'
import { type DeviceState, type Rotation, without } from '../state/device-state.ts'
import { DAY_MS } from '@sanad/protocol/text/durations'

/**
 * The clock was set back: each wait that began before may end at a false time, so it starts again. Pure. The
 * server decides in its next answer, and a check-in is due at once, so that it does.
 */

/** Whether the waits of a state began in another era of the clock. */
export const isOfAnotherEra = ({ era = 0 }: DeviceState, now: number): boolean => era !== now

/** The longest wait after a refused successor. */
const LONGEST_REFUSAL_MS = DAY_MS

/**
 * @param now trusted time, milliseconds since the epoch
 * @param era of the clock that tells it
 */
export function judgeAgain(state: DeviceState, now: number, era: number): DeviceState {
  const { hold, rotation, purge, commands, nextCheckInAt, lastCheckInAt = 0 } = state
  // What the server refused by its own clock, it will refuse again: a certificate that only seemed expired begins no
  // recovery, and the count of unrecognised check-ins starts again at zero.
  const rest = without(state, 'challenge', 'reclaim', 'unrecognised', 'rotation')
  const kept = without(rest, ...pastThatIsToCome(lastCheckInAt, now), ...recoveryBefore(state, now))
  const planned = rotation && planAnew(rotation, state, now)
  return {
    ...kept,
    era,
    ...(hold !== undefined && { hold: { ...hold, until: now } }),
    ...(purge !== undefined && { purge: withoutWait(purge) }),
    ...(commands !== undefined && { commands: withoutWait(commands) }),
    ...(nextCheckInAt !== undefined && { nextCheckInAt: now }),
    ...(planned !== undefined && { rotation: planned }),
  }
}

const pastThatIsToCome = (lastCheckInAt: number, now: number) =>
  lastCheckInAt > now ? (['lastCheckInAt'] as const) : []

/** Recovery that began at a date which is now in the future. If the server ordered it, it will order it again. */
const recoveryBefore = ({ certificateNotAfter = 0 }: DeviceState, now: number) =>
  now <= certificateNotAfter ? (['recovery'] as const) : []

/** Undefined: the next check-in brings the window, and the instant is drawn from it. */
function planAnew(
  rotation: Rotation,
  { commands }: DeviceState,
  now: number,
): Rotation | undefined {
  // An ordered rotation is due now; a server that cannot certify now postpones it by the right time.
  if (isOrdered(commands)) return { ...rotation, at: now }
  if (rotation.trouble === undefined) return undefined
  return { ...rotation, at: Math.min(rotation.at, now + LONGEST_REFUSAL_MS) }
}

const isOrdered = (commands: HeldCommands | undefined): boolean =>
  commands?.held.some(({ type, stage }) => type === 'rotate-key' && stage === 'begun') === true

function withoutWait<T extends { notBefore?: number }>(waiting: T): Omit<T, 'notBefore'> {
  const { notBefore: _, ...rest } = waiting
  return rest
}
