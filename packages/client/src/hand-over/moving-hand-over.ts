import type { KeyObject } from 'node:crypto'
import type { HandOver } from './hand-over.ts'

/** A form that replaces another, and removes what the former one left. */
export class MovingHandOver implements HandOver {
  readonly #handOver: HandOver
  readonly #former: HandOver

  constructor(handOver: HandOver, former: HandOver) {
    this.#handOver = handOver
    this.#former = former
  }

  async put(key: KeyObject, certificates: readonly Uint8Array[]): Promise<void> {
    await this.#handOver.put(key, certificates)
    await this.#former.withdraw()
  }

  async withdraw(): Promise<void> {
    await this.#handOver.withdraw()
    await this.#former.withdraw()
  }
}
