import { type KeyObject, createPrivateKey, generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { encodeCertificateChain, thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import type { HandOver } from '../hand-over/hand-over.ts'
import type { DeviceKey, DeviceKeyStore, NewDeviceKey } from './device-key-store.ts'
import { keyStoreFailure } from '../base/key-store-failure.ts'
import type { HostSeal } from './host-seal.ts'
import { type SealedKey, SealedKeyRing } from './sealed-key-ring.ts'

const generate = promisify(generateKeyPair)

export interface SealedFileKeyStoreOptions {
  /** Names the device: keys sealed for one do not open for another. */
  readonly subject: string
  readonly path: string
  readonly seal: HostSeal
  readonly handOver: HandOver
}

/** L0: the device key in a sealed file, handed over to the SBI once it is certified. */
export class SealedFileKeyStore implements DeviceKeyStore {
  readonly level = 'L0'
  readonly #subject: string
  readonly #ring: SealedKeyRing
  readonly #seal: HostSeal
  readonly #handOver: HandOver

  constructor({ subject, path, seal, handOver }: SealedFileKeyStoreOptions) {
    this.#subject = subject
    this.#ring = new SealedKeyRing(path)
    this.#seal = seal
    this.#handOver = handOver
  }

  async list(): Promise<readonly DeviceKey[]> {
    return (await this.#ring.read()).map(({ keyId, state }) => ({ keyId, state }))
  }

  async generateKey(): Promise<NewDeviceKey> {
    // MF §2.3; RFC 8017 §3.1: the public exponent that every verifier takes.
    const pair = await generate('rsa', { modulusLength: 2048, publicExponent: 0x10001 })
    const spki = pair.publicKey.export({ type: 'spki', format: 'der' })
    const keyId = thumbprintOf(spki)
    const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' })
    const sealed = (await this.#seal.open()).seal(pkcs8, this.#contextOf(keyId))
    pkcs8.fill(0)
    const keys = await this.#ring.read()
    await this.#ring.write([...keys, { keyId, state: 'pending', sealed, certificates: [] }])
    return { keyId, spki }
  }

  async sign(keyId: string, input: Uint8Array): Promise<Uint8Array> {
    return sign('sha256', input, await this.#open(keyId))
  }

  /** The hand-over comes first: if the power goes between the two, installing again repairs it. */
  async installCertificate(keyId: string, certificates: readonly Uint8Array[]): Promise<void> {
    await this.#handOver.put(await this.#open(keyId), certificates)
    const keys = await this.#ring.read()
    await this.#ring.write(
      keys.map((key): SealedKey => {
        if (key.keyId === keyId)
          return { ...key, state: 'active', certificates: encodeCertificateChain(certificates) }
        return key.state === 'active' ? { ...key, state: 'superseded' } : key
      }),
    )
  }

  async destroyKey(keyId: string): Promise<void> {
    const keys = await this.#ring.read()
    const doomed = keys.find((key) => key.keyId === keyId)
    if (doomed === undefined) return
    if (doomed.state === 'active') await this.#handOver.withdraw()
    await this.#ring.write(keys.filter((key) => key !== doomed))
  }

  async #open(keyId: string): Promise<KeyObject> {
    const found = (await this.#ring.read()).find((key) => key.keyId === keyId)
    if (found === undefined) throw keyStoreFailure('no such key')
    const pkcs8 = (await this.#seal.open()).unseal(found.sealed, this.#contextOf(keyId))
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    pkcs8.fill(0)
    return key
  }

  #contextOf(keyId: string): string {
    return `${this.#subject} ${keyId}`
  }
}
