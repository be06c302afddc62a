import { pause } from '../base/pause.ts'

/** Ends a rest early. */
export class Bell {
  #isRung = false
  #ended: AbortController | undefined

  ring(): void {
    this.#isRung = true
    this.#ended?.abort()
  }

  /** Until `ms` are over, the signal says so, or somebody rings; at once if somebody did. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isRung) {
      this.#ended = new AbortController()
      await pause(ms, AbortSignal.any([signal, this.#ended.signal]))
      this.#ended = undefined
    }
    this.#isRung = false
  }
}
