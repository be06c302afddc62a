/** How many messages are answered in a second while some are waiting: what the room for others is reckoned by. */

/** A server that has just started is on the way to some hundreds. */
const FIRST_PER_SECOND = 400
const EVERY_MS = 250
/** Of a new measurement in the mean: a second's history. */
const WEIGHT = 0.25

export class Pace {
  #perSecond = FIRST_PER_SECOND
  #since = 0
  #answered = 0
  #wasBusy = false

  get perSecond(): number {
    return this.#perSecond
  }

  noteAnswered(): void {
    this.#answered++
  }

  /**
   * @param now milliseconds of a monotonic clock
   * @param isBusy whether something waits: else the pace is that of the senders and says little
   */
  measure(now: number, isBusy: boolean): void {
    const ms = now - this.#since
    if (ms < EVERY_MS) return
    const measured = (this.#answered * 1000) / ms
    const isMeasured = (isBusy && this.#wasBusy) || measured > this.#perSecond
    if (isMeasured) this.#perSecond += (measured - this.#perSecond) * WEIGHT
    this.#since = now
    this.#answered = 0
    this.#wasBusy = isBusy
  }
}
