import { type ReloadHook, runReloadHook } from '../../hand-over/reload-hook.ts'
import type { DeviceKey, DeviceKeyStore, NewDeviceKey } from '../device-key-store.ts'
import { keyStoreFailure } from '../../base/key-store-failure.ts'
import type { TokenLink } from './token-link.ts'

export interface TokenKeyStoreOptions {
  readonly link: TokenLink
  /** The label of the device’s certificate in the token. */
  readonly label: string
  readonly reload: ReloadHook
}

/** L0: the device key is made in a token, a TPM or an HSM, and stays there; the SBI uses the same token. */
export class TokenKeyStore implements DeviceKeyStore {
  readonly level = 'L0'
  readonly #link: TokenLink
  readonly #label: string
  readonly #reload: ReloadHook

  constructor({ link, label, reload }: TokenKeyStoreOptions) {
    this.#link = link
    this.#label = label
    this.#reload = reload
  }

  list(): Promise<readonly DeviceKey[]> {
    return this.#link.ask({ verb: 'list', label: this.#label })
  }

  generateKey(): Promise<NewDeviceKey> {
    return this.#link.ask({ verb: 'generate', label: this.#label })
  }

  sign(keyId: string, input: Uint8Array): Promise<Uint8Array> {
    return this.#link.ask({ verb: 'sign', label: this.#label, keyId, input })
  }

  /** Only the device’s own certificate: it is all that goes into x5c (MF §7.1), and a TPM’s store is small. */
  async installCertificate(keyId: string, [certificate]: readonly Uint8Array[]): Promise<void> {
    if (certificate === undefined) throw keyStoreFailure('no certificate')
    await this.#link.ask({ verb: 'install', label: this.#label, keyId, certificate })
    await runReloadHook(this.#reload)
  }

  async destroyKey(keyId: string): Promise<void> {
    const { wasActive } = await this.#link.ask({ verb: 'destroy', label: this.#label, keyId })
    if (wasActive) await runReloadHook(this.#reload)
  }
}
