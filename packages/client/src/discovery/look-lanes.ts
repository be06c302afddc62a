import { PORTS_AT_ONCE } from './port-range.ts'

/** Lets a few looks run at a time; one that waits for a slow program does not keep the others waiting. */

/** An SBI that is well answers in less. */
const PATIENCE_MS = 1_000

export class LookLanes {
  #free = PORTS_AT_ONCE
  readonly #waiting: (() => void)[] = []

  async run(look: () => Promise<void>): Promise<void> {
    await this.#enter()
    const leave = this.#makeLeave()
    const timer = setTimeout(leave, PATIENCE_MS)
    try {
      await look()
    } finally {
      clearTimeout(timer)
      leave()
    }
  }

  #enter(): Promise<void> | undefined {
    if (this.#free === 0) return new Promise((resolve) => void this.#waiting.push(resolve))
    this.#free--
    return undefined
  }

  /** Counts once: at the timer or at the end of the look, whichever comes first. */
  #makeLeave(): () => void {
    let hasLeft = false
    return () => {
      if (hasLeft) return
      hasLeft = true
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
