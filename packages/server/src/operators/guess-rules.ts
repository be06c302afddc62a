import { DAY_MS } from '@sanad/protocol/text/durations'
/**
 * How long a guess at a password must wait. Pure: states and the time in, verdict and new states out.
 *
 * OWASP, "Device cookies": who comes from a browser that signed in before is counted by that browser alone, so no
 * stranger can hold them off. Strangers wait for their own failures first; all strangers at one name then share a
 * pace, and each of them is promised a turn (a virtual queue), so that the owner, too, gets one from a new place.
 */

/** Of one browser, or of one network at one name. Milliseconds since the epoch. */
export interface Guesser {
  readonly failures: number
  readonly lastAt: number
  readonly turnAt: number | undefined
}

export const UNSEEN: Guesser = { failures: 0, lastAt: 0, turnAt: undefined }

export type GuessVerdict =
  | { readonly isAdmitted: true; readonly guesser: Guesser; readonly paidUntil: number }
  | {
      readonly isAdmitted: false
      readonly waitMs: number
      readonly guesser: Guesser
      readonly paidUntil: number
    }

/** A guesser’s first failures cost nothing: people mistype. */
const FREE_FAILURES = 5
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 15 * 60_000
/** A run of failures ends when the guesser has not failed for so long. */
export const FORGOTTEN_AFTER_MS = DAY_MS

/** Strangers at one name: so many at once, and then one in so long. 17,000 guesses a day at a password of 12. */
const STRANGERS_AT_ONCE = 50
export const STRANGERS_EVERY_MS = 5_000
/** The longest wait that a stranger is told: 60 are before them. */
const LONGEST_QUEUE_MS = 300_000
/** A turn that was not used in so long is over. */
const TURN_KEPT_MS = 600_000

/** Of a browser that is known, or of somebody who is signed in: only their own failures count. */
export function judgeKnown(guesser: Guesser, now: number): GuessVerdict {
  const current = forget(guesser, now)
  const until = current.lastAt + waitAfter(current.failures)
  if (now < until) return refuse(until - now, current, now)
  return admit(current, now, now)
}

/** @param paidUntil of all strangers at this name */
export function judgeStranger(guesser: Guesser, paidUntil: number, now: number): GuessVerdict {
  const current = forget(guesser, now)
  const until = current.lastAt + waitAfter(current.failures)
  if (now < until) return refuse(until - now, current, paidUntil)
  if (current.turnAt !== undefined) {
    if (now < current.turnAt) return refuse(current.turnAt - now, current, paidUntil)
    // What it was promised is paid for already.
    return admit(current, now, paidUntil)
  }
  const paid = Math.max(paidUntil, now)
  const turnAt = paid - (STRANGERS_AT_ONCE - 1) * STRANGERS_EVERY_MS
  if (turnAt <= now) return admit(current, now, paid + STRANGERS_EVERY_MS)
  if (turnAt - now > LONGEST_QUEUE_MS) return refuse(LONGEST_QUEUE_MS, current, paidUntil)
  return refuse(turnAt - now, { ...current, turnAt }, paid + STRANGERS_EVERY_MS)
}

function forget(guesser: Guesser, now: number): Guesser {
  const { turnAt } = guesser
  const isTurnOver = turnAt !== undefined && now > turnAt + TURN_KEPT_MS
  const isForgotten = now - guesser.lastAt > FORGOTTEN_AFTER_MS
  return {
    ...guesser,
    failures: isForgotten ? 0 : guesser.failures,
    turnAt: isTurnOver ? undefined : turnAt,
  }
}

function waitAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures - FREE_FAILURES, 20), LONGEST_WAIT_MS)
}

const admit = (guesser: Guesser, now: number, paidUntil: number): GuessVerdict => ({
  isAdmitted: true,
  guesser: { failures: guesser.failures + 1, lastAt: now, turnAt: undefined },
  paidUntil,
})

const refuse = (waitMs: number, guesser: Guesser, paidUntil: number): GuessVerdict => ({
  isAdmitted: false,
  waitMs,
  guesser,
  paidUntil,
})
