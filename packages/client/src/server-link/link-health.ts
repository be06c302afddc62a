import type { SanadError } from '@sanad/protocol/text/problems'

/** How the last exchange with the server went, and when that changed: for the log, `status` and the exit code. */
export class LinkHealth {
  #trouble: SanadError | undefined
  #changed: ((trouble: SanadError | undefined) => void) | undefined

  get trouble(): SanadError | undefined {
    return this.#trouble
  }

  /** @param changed told when trouble begins, is of another kind, or ends */
  watch(changed: (trouble: SanadError | undefined) => void): void {
    this.#changed = changed
  }

  readonly note = (trouble: SanadError | undefined): void => {
    const before = this.#trouble
    this.#trouble = trouble
    if (trouble?.code !== before?.code) this.#changed?.(trouble)
  }
}
