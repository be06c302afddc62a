import type { DeviceKey, DeviceKeyStore, NewDeviceKey } from './device-key-store.ts'

/**
 * A key store that replaces another without a gap: it makes the new keys, and the keys of the former one work until
 * they are superseded and destroyed. So a device in the field moves into a TPM with its next rotation.
 */
export class MovingKeyStore implements DeviceKeyStore {
  readonly level: DeviceKeyStore['level']
  readonly #store: DeviceKeyStore
  readonly #former: DeviceKeyStore

  constructor(store: DeviceKeyStore, former: DeviceKeyStore) {
    this.level = store.level
    this.#store = store
    this.#former = former
  }

  /** The former one does not know that its active key was superseded here. */
  async list(): Promise<readonly DeviceKey[]> {
    const [keys, former] = [await this.#store.list(), await this.#former.list()]
    const hasMoved = keys.some(({ state }) => state === 'active')
    const left = former.map((key): DeviceKey => {
      return hasMoved && key.state === 'active' ? { ...key, state: 'superseded' } : key
    })
    return [...left, ...keys]
  }

  generateKey(): Promise<NewDeviceKey> {
    return this.#store.generateKey()
  }

  async sign(keyId: string, input: Uint8Array): Promise<Uint8Array> {
    return await (await this.#storeOf(keyId)).sign(keyId, input)
  }

  async installCertificate(keyId: string, certificates: readonly Uint8Array[]): Promise<void> {
    await (await this.#storeOf(keyId)).installCertificate(keyId, certificates)
  }

  /** What the former one handed over goes with its key. */
  async destroyKey(keyId: string): Promise<void> {
    await (await this.#storeOf(keyId)).destroyKey(keyId)
  }

  async #storeOf(keyId: string): Promise<DeviceKeyStore> {
    const isLeft = (await this.#former.list()).some((key) => key.keyId === keyId)
    return isLeft ? this.#former : this.#store
  }
}
