import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { readSignedDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { type ChipAnswer, ChipLink } from './chip-link.ts'
import type { DeviceKey, DeviceKeyState, DeviceKeyStore, NewDeviceKey } from './device-key-store.ts'
import type { DeviceVoucher, SignedDigitalId } from './device-voucher.ts'
import { keyStoreFailure } from '../base/key-store-failure.ts'

/** L1: keys are made, kept and used in the FTM chip, whose own key vouches for the device. */
export class ChipKeyStore implements DeviceKeyStore, DeviceVoucher {
  readonly level = 'L1'
  readonly #link: ChipLink

  constructor(socketPath: string) {
    this.#link = new ChipLink(socketPath)
  }

  async list(): Promise<readonly DeviceKey[]> {
    const { keys } = await this.#link.ask('list-keys')
    if (!Array.isArray(keys)) throw notReadable()
    return keys.map(readKey)
  }

  async generateKey(): Promise<NewDeviceKey> {
    const answer = await this.#link.ask('generate-key')
    return { keyId: readKeyId(answer['keyId']), spki: readBase64(answer['spki']) }
  }

  async sign(keyId: string, input: Uint8Array): Promise<Uint8Array> {
    const signingInput = toBase64(input)
    return readSignature(await this.#link.ask('sign-with-device-key', { keyId, signingInput }))
  }

  async installCertificate(keyId: string, certificates: readonly Uint8Array[]): Promise<void> {
    const encoded = encodeCertificateChain(certificates)
    await this.#link.ask('install-certificate', { keyId, certificates: encoded })
  }

  async destroyKey(keyId: string): Promise<void> {
    await this.#link.ask('destroy-key', { keyId })
  }

  async registrationChain(): Promise<readonly Uint8Array[]> {
    const { ftmCertificates } = await this.#link.ask('describe')
    if (!Array.isArray(ftmCertificates) || ftmCertificates.length === 0) throw notReadable()
    return ftmCertificates.map(readBase64)
  }

  async signRegistration(_keyId: string, input: Uint8Array): Promise<Uint8Array> {
    return readSignature(
      await this.#link.ask('sign-registration', { signingInput: toBase64(input) }),
    )
  }

  async signDigitalId(): Promise<SignedDigitalId> {
    const { digitalId: signed } = await this.#link.ask('sign-digital-id')
    if (typeof signed !== 'string') throw notReadable()
    return { digitalId: readSignedDigitalId(signed).digitalId, signed }
  }
}

const STATES: readonly string[] = ['pending', 'active', 'superseded'] satisfies DeviceKeyState[]

function readKey(value: unknown): DeviceKey {
  const { keyId, state } = (value ?? {}) as { keyId?: unknown; state?: unknown }
  if (typeof state !== 'string' || !STATES.includes(state)) throw notReadable()
  return { keyId: readKeyId(keyId), state: state as DeviceKeyState }
}

function readKeyId(value: unknown): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(value)) throw notReadable()
  return value
}

const readSignature = (answer: ChipAnswer): Uint8Array => readBase64(answer['signature'])

function readBase64(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw notReadable()
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === 0 || bytes.toString('base64') !== value) throw notReadable()
  return bytes
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const notReadable = () => keyStoreFailure('the chip’s answer is not of the documented form')
