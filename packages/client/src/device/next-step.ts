import type { DeviceState } from '../state/device-state.ts'

/** What is to be done for a device now: one pure, total decision over its stored state. */

export type Step =
  /** The pending message goes out, again or for the first time. */
  | { readonly kind: 'deliver' }
  /** The pending message is too old to be taken; its effect, if it had one, shows in the next answer. */
  | { readonly kind: 'give-up-message' }
  | {
      readonly kind:
        | 'make-key'
        | 'ask-for-challenge'
        | 'ask-for-certificate'
        | 'install-certificate'
        | 'check-in'
        | 'destroy-key'
    }
  /** Trusted time must be known first. */
  | { readonly kind: 'synchronise' }
  /** Milliseconds since the epoch, trusted time. */
  | { readonly kind: 'rest'; readonly until: number }

/** Less than the server's window, so that a message that goes out again still passes. */
export const MESSAGE_LIFE_MS = 4 * 60_000
/** A challenge that ends within this is not worth using. */
const CHALLENGE_MARGIN_MS = 10_000

/** @param now trusted time, milliseconds since the epoch; undefined while it is not known */
export function nextStep(state: DeviceState, now: number | undefined): Step {
  // Neither needs the server, nor the time.
  if (state.progress === 'certified') return { kind: 'install-certificate' }
  if (state.progress === 'key-discarded') return { kind: 'destroy-key' }
  if (now === undefined) return { kind: 'synchronise' }
  if (state.pending !== undefined) {
    const isFresh = Math.abs(now - state.pending.madeAt) < MESSAGE_LIFE_MS
    return { kind: isFresh ? 'deliver' : 'give-up-message' }
  }
  if (state.hold !== undefined && now < state.hold.until)
    return { kind: 'rest', until: state.hold.until }
  switch (state.progress) {
    case 'identified':
      return { kind: 'make-key' }
    case 'key-made':
      return { kind: hasChallenge(state, now) ? 'ask-for-certificate' : 'ask-for-challenge' }
    case 'registered': {
      if (state.reclaim !== undefined)
        return { kind: hasChallenge(state, now) ? 'ask-for-certificate' : 'ask-for-challenge' }
      const due = state.nextCheckInAt ?? 0
      return now < due ? { kind: 'rest', until: due } : { kind: 'check-in' }
    }
  }
}

const hasChallenge = ({ challenge }: DeviceState, now: number): boolean =>
  challenge !== undefined && now < challenge.expiresAt - CHALLENGE_MARGIN_MS
