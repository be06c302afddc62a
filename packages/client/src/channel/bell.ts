import { pause } from '../base/pause.ts'

/** Ends a wait early. */
export class Bell {
  #isRung = false
  #ended: AbortController | undefined

  ring(): void {
    this.#isRung = true
    this.#ended?.abort()
  }

  /** Waits until `ms` have passed, the signal aborts or the bell rings; not at all if it has rung since the last wait. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isRung) {
      this.#ended = new AbortController()
      await pause(ms, AbortSignal.any([signal, this.#ended.signal]))
      this.#ended = undefined
    }
    this.#isRung = false
  }
}
