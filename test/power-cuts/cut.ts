/** The moment at which the power goes: before the n-th thing that leaves a trace, counted over one life. */

export class PowerCut extends Error {}

export class Cut {
  /** Names of what was done, and last of what was not done any more. */
  readonly steps: string[] = []
  readonly #at: number
  readonly #death = new AbortController()
  #whenDead: () => void = () => {}

  /** @param at 1 is before the first thing; without it the power stays */
  constructor(at = Number.POSITIVE_INFINITY) {
    this.#at = at
  }

  get signal(): AbortSignal {
    return this.#death.signal
  }

  get isDead(): boolean {
    return this.#death.signal.aborted
  }

  /** At the very moment, before anything else happens. */
  onDeath(work: () => void): void {
    this.#whenDead = work
  }

  /** @throws PowerCut when there is no power any more */
  pass(step: string): void {
    if (this.isDead) throw new PowerCut(step)
    this.steps.push(step)
    if (this.steps.length === this.#at) this.die(step)
  }

  /** Whether the next thing would be the one that is not done. */
  get isNext(): boolean {
    return !this.isDead && this.steps.length + 1 === this.#at
  }

  die(step: string): never {
    if (!this.isDead) {
      this.#death.abort()
      this.#whenDead()
    }
    throw new PowerCut(step)
  }
}
