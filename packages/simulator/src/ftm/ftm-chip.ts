import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { composeDigitalId, signDigitalId } from '../digital-id.ts'
import type { DeviceIdentity } from '../digital-id.ts'
import { signRs256 } from '../jws.ts'
import type { Signer } from '../jws.ts'
import { generateRsaKey } from '../key-file.ts'
import { exportSpki } from '../software-authority.ts'
import { ChipMemory } from './chip-memory.ts'
import type { StoredKey } from './chip-memory.ts'
import { ChipRefusal } from './chip-refusal.ts'
import type { Chip, ChipKey } from './chip.ts'
import { checkDeviceKeyInput, checkRegistrationInput } from './signing-rules.ts'

/** MDS 0.9.5 › Cryptography: RSA of at least 2048 bits, and RS256 is what every MOSIP validator takes. */
const DEVICE_KEY_BITS = 2048
const MOST_KEYS = 8

interface HeldKey {
  readonly key: KeyObject
  readonly spki: Buffer
}

/**
 * A foundational trust module of a simulated L1 device.
 *
 * Its permanent key signs digital IDs and registrations for the device's whole life; device keys are made
 * inside, certified from outside and replaced by rotation.
 */
export class FtmChip implements Chip {
  readonly identity: DeviceIdentity
  readonly ftmCertificates: readonly Buffer[]
  readonly #permanentKey: KeyObject
  readonly #memory: ChipMemory
  readonly #held = new Map<string, HeldKey>()
  #table: readonly StoredKey[]

  private constructor(memory: ChipMemory) {
    this.#memory = memory
    this.identity = memory.readIdentity()
    this.ftmCertificates = memory.readFtmCertificates()
    this.#permanentKey = memory.readPermanentKey()
    this.#table = memory.readTable()
    memory.eraseStrayKeys(new Set(this.#table.map(({ keyId }) => keyId)))
    for (const { keyId } of this.#table) this.#held.set(keyId, holdKey(memory.readKey(keyId)))
  }

  static isMade(directory: string): boolean {
    return existsSync(join(directory, 'identity.json'))
  }

  static open(directory: string): FtmChip {
    return new FtmChip(new ChipMemory(directory))
  }

  /** @param certificates chip certificate first, then intermediates. */
  static burn(
    directory: string,
    identity: DeviceIdentity,
    key: KeyObject,
    certificates: readonly Buffer[],
  ): FtmChip {
    new ChipMemory(directory).burn(identity, key, certificates)
    return FtmChip.open(directory)
  }

  async generateKey(): Promise<{ keyId: string; spki: Buffer }> {
    this.#requireRoom()
    const { privateKey } = await generateRsaKey(DEVICE_KEY_BITS)
    this.#requireRoom()
    const held = holdKey(privateKey)
    const keyId = thumbprintOf(held.spki)
    this.#memory.writeKey(keyId, privateKey)
    this.#held.set(keyId, held)
    this.#record([...this.#table, { keyId, state: 'pending', certificates: [] }])
    return { keyId, spki: held.spki }
  }

  signWithDeviceKey(keyId: string, input: Buffer): Buffer {
    const { key, spki } = this.#require(keyId)
    checkDeviceKeyInput(input, spki)
    return signRs256(input, key)
  }

  signRegistration(input: Buffer): Buffer {
    checkRegistrationInput(input, (spki) => this.#held.has(thumbprintOf(spki)))
    return signRs256(input, this.#permanentKey)
  }

  signDigitalId(at: Date): string {
    const signer = { key: this.#permanentKey, certificates: this.ftmCertificates }
    return signDigitalId(composeDigitalId(this.identity, at), signer)
  }

  /** The newly certified key becomes the active one; the one before it is superseded in the same write. */
  installCertificate(keyId: string, certificates: readonly Buffer[]): void {
    const { spki } = this.#require(keyId)
    requireCertificateOf(spki, certificates[0])
    const base64 = certificates.map((der) => der.toString('base64'))
    this.#record(
      this.#table.map((stored) => {
        if (stored.keyId === keyId) return { keyId, state: 'active', certificates: base64 }
        return stored.state === 'active' ? { ...stored, state: 'superseded' } : stored
      }),
    )
  }

  /** Harmless to repeat: a key that is gone stays gone. */
  destroyKey(keyId: string): void {
    this.#record(this.#table.filter((stored) => stored.keyId !== keyId))
    this.#held.delete(keyId)
    if (isThumbprint(keyId)) this.#memory.eraseKey(keyId)
  }

  listKeys(): ChipKey[] {
    return this.#table.map(({ keyId, state }) => ({ keyId, state }))
  }

  /** For the SBI that sits on this chip; the chip link has no verb for it. */
  get deviceSigner(): Signer | undefined {
    const active = this.#table.find(({ state }) => state === 'active')
    const held = active && this.#held.get(active.keyId)
    if (active === undefined || held === undefined) return undefined
    return {
      key: held.key,
      certificates: active.certificates.map((base64) => Buffer.from(base64, 'base64')),
    }
  }

  /** What an attacker with a microscope would read; for tests of what happens then. */
  extractPermanentKey(): KeyObject {
    return this.#permanentKey
  }

  #require(keyId: string): HeldKey {
    const held = this.#held.get(keyId)
    if (held === undefined) throw new ChipRefusal('chip.key-unknown', 'no such key')
    return held
  }

  #requireRoom(): void {
    if (this.#table.length >= MOST_KEYS)
      throw new ChipRefusal('chip.key-limit-reached', 'destroy one first')
  }

  #record(table: readonly StoredKey[]): void {
    this.#memory.writeTable(table)
    this.#table = table
  }
}

function holdKey(key: KeyObject): HeldKey {
  return { key, spki: exportSpki(createPublicKey(key)) }
}

const thumbprintOf = (der: Uint8Array): string =>
  createHash('sha256').update(der).digest('base64url')

const isThumbprint = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)

function requireCertificateOf(spki: Buffer, der: Buffer | undefined): void {
  if (der === undefined) throw new ChipRefusal('chip.certificate-refused', 'no certificate')
  if (!readCertifiedKey(der).equals(spki)) {
    throw new ChipRefusal('chip.certificate-refused', 'a certificate of another key')
  }
}

function readCertifiedKey(der: Buffer): Buffer {
  try {
    return exportSpki(new X509Certificate(der).publicKey)
  } catch (cause) {
    throw new ChipRefusal('chip.certificate-refused', 'not a certificate', { cause })
  }
}
