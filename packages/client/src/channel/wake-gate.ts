/**
 * How often a device lets itself be woken: three times in a row, then every two seconds. Nothing is lost by
 * that, because one question fetches all commands that wait.
 */

const BURST = 3
const EVERY_MS = 2_000

export class WakeGate {
  readonly #ticks: () => number
  #left = BURST
  #countedAt: number

  constructor(ticks: () => number = () => performance.now()) {
    this.#ticks = ticks
    this.#countedAt = ticks()
  }

  /** Milliseconds; 0 when it is open. */
  get opensInMs(): number {
    const left = this.#count()
    return left >= 1 ? 0 : Math.ceil((1 - left) * EVERY_MS)
  }

  pass(): void {
    this.#left = Math.max(0, this.#count() - 1)
  }

  #count(): number {
    const now = this.#ticks()
    this.#left = Math.min(BURST, this.#left + (now - this.#countedAt) / EVERY_MS)
    this.#countedAt = now
    return this.#left
  }
}
