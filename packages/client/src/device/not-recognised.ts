import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { type DeviceState, without } from '../state/device-state.ts'
import { NO_COMMANDS } from '../state/held-commands.ts'

/** Check-ins in a row without recognition after which the device asks for its certificate again. */
const UNRECOGNISED_UNTIL_RECLAIM = 3
/** Delay before asking for commands again after a 401. Other work is not delayed. */
const BETWEEN_QUESTIONS_MS = 15 * MINUTE_MS

/**
 * A 401 in answer to the pending message. It carries no signature, so it proves nothing: the device makes
 * another message, and after some of them it asks, signed, whether the server still knows its key. Pure.
 *
 * @param now trusted time, milliseconds since the epoch
 */
export function dropUnrecognised(state: DeviceState, now: number): DeviceState {
  const rest = without(state, 'pending', 'challenge')
  const { pending, commands } = state
  if (pending?.type === 'commands')
    return {
      ...rest,
      commands: { ...(commands ?? NO_COMMANDS), notBefore: now + BETWEEN_QUESTIONS_MS },
    }
  if (pending?.type !== 'check-in') return rest
  const unrecognised = (state.unrecognised ?? 0) + 1
  return unrecognised < UNRECOGNISED_UNTIL_RECLAIM
    ? { ...rest, unrecognised }
    : { ...without(rest, 'unrecognised'), reclaim: { refusals: 0 } }
}
