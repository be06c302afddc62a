/**
 * How long a client that is refused for lack of room is asked to wait (RFC 9110 §10.2.3, whole seconds): drawn at random,
 * so that those who were refused together do not come back together, and the longer the more are refused for each
 * that is answered.
 */

const LEAST_SECONDS = 5
const SPREAD_SECONDS = 10
/** Beyond it a device would be silent for longer than an operator takes for normal. */
const MOST_SPREAD_SECONDS = 300
const WINDOW_MS = 5_000

/** For refusals that have nothing to do with a crowd. */
export const retryAfterSeconds = (random: () => number = Math.random): number =>
  LEAST_SECONDS + Math.floor(random() * SPREAD_SECONDS)

export class RetrySpread {
  readonly #random: () => number
  #startedAt = 0
  #refused = 0
  #answered = 0
  /** Of the window before, so that one does not begin at nothing. */
  #refusedForEach = 0

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  noteAnswered(): void {
    this.#answered++
  }

  /** @param now milliseconds of a monotonic clock */
  refuse(now: number): number {
    this.#turn(now)
    this.#refused++
    const spread = Math.min(MOST_SPREAD_SECONDS, SPREAD_SECONDS * (1 + this.#refusedForEach))
    return LEAST_SECONDS + Math.floor(this.#random() * spread)
  }

  #turn(now: number): void {
    if (now - this.#startedAt < WINDOW_MS) return
    const isFresh = now - this.#startedAt < 2 * WINDOW_MS
    this.#refusedForEach = isFresh ? this.#refused / Math.max(1, this.#answered) : 0
    this.#startedAt = now
    this.#refused = 0
    this.#answered = 0
  }
}
