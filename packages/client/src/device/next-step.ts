import { type CommandStep, nextCommandStep } from '../commands/next-command.ts'
import type { DeviceState } from '../state/device-state.ts'

/** Decides what a device needs next: one pure, total decision over its stored state. */

export type Step =
  /** Sends the pending message, again or for the first time. */
  | { readonly kind: 'deliver' }
  /** The pending message is too old for the server; its effect, if it had one, shows in the next answer. */
  | { readonly kind: 'give-up-message' }
  | {
      readonly kind:
        | 'make-key'
        | 'ask-for-challenge'
        | 'ask-for-certificate'
        | 'install-certificate'
        | 'check-in'
        /** The key that will replace the one in use. */
        | 'make-successor'
        | 'ask-for-rotation'
        | 'install-successor'
        | 'begin-recovery'
        | 'destroy-doomed'
        | 'sign-purge'
        | 'destroy-keys'
        | 'deliver-purge'
    }
  | CommandStep
  /** The clock was set back: each wait starts again. */
  | { readonly kind: 'judge-again' }
  /** Trusted time must be known first. */
  | { readonly kind: 'synchronise' }
  /** Milliseconds since the epoch, trusted time. */
  | { readonly kind: 'rest'; readonly until: number }

/** Less than the server's window, so that a message that goes out again still passes. */
const MESSAGE_LIFE_MS = 4 * 60_000
/** A challenge that ends within this is not worth using. */
const CHALLENGE_MARGIN_MS = 10_000

/**
 * @param now trusted time, milliseconds since the epoch; undefined while it is not known
 * @param isWoken the live channel says that the server has commands for the device
 */
export function nextStep(state: DeviceState, now: number | undefined, isWoken = false): Step {
  const local = nextLocalStep(state)
  if (local !== undefined) return local
  if (now === undefined) return { kind: 'synchronise' }
  if (state.progress === 'purge-ordered') return { kind: 'sign-purge' }
  if (state.pending !== undefined) {
    const isFresh = Math.abs(now - state.pending.madeAt) < MESSAGE_LIFE_MS
    return { kind: isFresh ? 'deliver' : 'give-up-message' }
  }
  // Before a new key: the number of the purge certificate is older than that of any later message.
  if (state.purge !== undefined && now >= (state.purge.notBefore ?? 0))
    return { kind: 'deliver-purge' }
  if (state.hold !== undefined && now < state.hold.until)
    return { kind: 'rest', until: state.hold.until }
  if (state.progress === 'identified') return { kind: 'make-key' }
  if (state.progress === 'key-made') return askForCertificate(state, now)
  return nextStepOfRegistered(state, now, isWoken)
}

/** What needs neither the server nor the time. */
function nextLocalStep({ progress, successor, doomed = [] }: DeviceState): Step | undefined {
  if (progress === 'certified') return { kind: 'install-certificate' }
  if (progress === 'key-discarded') return { kind: 'destroy-keys' }
  if (progress !== 'registered') return undefined
  if (successor?.stage === 'certified') return { kind: 'install-successor' }
  return doomed.length > 0 ? { kind: 'destroy-doomed' } : undefined
}

function nextStepOfRegistered(state: DeviceState, now: number, isWoken: boolean): Step {
  const { reclaim, recovery, certificateNotAfter, rotation, successor } = state
  if (recovery !== undefined)
    return successor === undefined ? { kind: 'make-successor' } : askForCertificate(state, now)
  if (certificateNotAfter !== undefined && now > certificateNotAfter)
    return { kind: 'begin-recovery' }
  if (reclaim !== undefined) return askForCertificate(state, now)
  const checkInAt = state.nextCheckInAt ?? 0
  if (now >= checkInAt) return { kind: 'check-in' }
  const command = nextCommandStep(state, now, isWoken)
  if (command !== undefined) return command
  if (rotation === undefined || now < rotation.at)
    return { kind: 'rest', until: Math.min(checkInAt, rotation?.at ?? checkInAt) }
  return { kind: successor === undefined ? 'make-successor' : 'ask-for-rotation' }
}

function askForCertificate({ challenge }: DeviceState, now: number): Step {
  const isGood = challenge !== undefined && now < challenge.expiresAt - CHALLENGE_MARGIN_MS
  return { kind: isGood ? 'ask-for-certificate' : 'ask-for-challenge' }
}
