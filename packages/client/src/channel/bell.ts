import { pause } from '../pause.ts'

/**
 * Ends a rest early, but not again and again: whoever rings in a row is heard once in a while. Nothing is lost
 * by that, because one look sees everything that was rung for.
 */
export class Bell {
  #isRung = false
  #heardAt = Number.NEGATIVE_INFINITY
  #ended: AbortController | undefined

  /** @param isSure that somebody is there to answer: heard whatever was heard before */
  ring(isSure = false): void {
    this.#isRung = true
    if (isSure) this.#heardAt = Number.NEGATIVE_INFINITY
    this.#ended?.abort()
  }

  /**
   * Until `ms` are over, the signal says so, or somebody rings.
   *
   * @param gapMs between two rings that are heard
   */
  async wait(ms: number, gapMs: number, signal: AbortSignal): Promise<void> {
    const begin = performance.now()
    if (!this.#isRung) {
      this.#ended = new AbortController()
      await pause(ms, AbortSignal.any([signal, this.#ended.signal]))
      this.#ended = undefined
    }
    if (!this.#isRung || signal.aborted) return
    const now = performance.now()
    const dueIn = Math.max(0, this.#heardAt + gapMs - now)
    await pause(Math.min(dueIn, Math.max(0, begin + ms - now)), signal)
    if (performance.now() < this.#heardAt + gapMs) return
    this.#heardAt = performance.now()
    this.#isRung = false
  }
}
