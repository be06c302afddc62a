import { orStorageFailure } from '../base/storage-failure.ts'
import type { HostBinding } from '../platform/platform.ts'
import { Seal } from './seal.ts'

/**
 * The seal of this computer, opened when a key first needs it and not before: devices whose keys are in a chip or a
 * token do not depend on it. A host whose identity comes late is asked again the next time.
 */
export class HostSeal {
  readonly #path: string
  readonly #readBinding: () => Promise<HostBinding>
  #opening: Promise<Seal> | undefined

  constructor(path: string, readBinding: () => Promise<HostBinding>) {
    this.#path = path
    this.#readBinding = readBinding
  }

  /** @throws SanadError `client.host-changed`, `client.key-store-failed`, `client.storage-failed` … */
  open(): Promise<Seal> {
    // One opening for all devices: two would make two seals on the first start.
    this.#opening ??= this.#openNow().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #openNow(): Promise<Seal> {
    const binding = await orStorageFailure(this.#readBinding())
    return await orStorageFailure(Seal.open(this.#path, binding))
  }
}
