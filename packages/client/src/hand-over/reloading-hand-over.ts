import type { KeyObject } from 'node:crypto'
import type { HandOver } from './hand-over.ts'
import { type ReloadHook, runReloadHook } from './reload-hook.ts'

/**
 * A hand-over after which the SBI is made to read again.
 *
 * The hook runs each time: if the power went between file and hook, the SBI still has the old key in memory. If
 * it fails, so does the hand-over, and both come again later.
 */
export class ReloadingHandOver implements HandOver {
  readonly #inner: HandOver
  readonly #hook: ReloadHook

  constructor(inner: HandOver, hook: ReloadHook) {
    this.#inner = inner
    this.#hook = hook
  }

  async put(key: KeyObject, certificates: readonly Uint8Array[]): Promise<void> {
    await this.#inner.put(key, certificates)
    await runReloadHook(this.#hook)
  }

  async withdraw(): Promise<void> {
    await this.#inner.withdraw()
    await runReloadHook(this.#hook)
  }
}
