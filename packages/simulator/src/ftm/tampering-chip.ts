import { alterSigned } from '../digital-id.ts'
import type { DigitalId } from '../digital-id.ts'
import type { Chip, ChipKey } from './chip.ts'

/** Malware between a genuine chip and its client: it passes everything on, and changes signed digital IDs. */
export class TamperingChip implements Chip {
  readonly identity: Chip['identity']
  readonly ftmCertificates: readonly Buffer[]
  readonly #chip: Chip
  readonly #alter: (digitalId: DigitalId) => DigitalId

  constructor(chip: Chip, alter: (digitalId: DigitalId) => DigitalId) {
    this.#chip = chip
    this.#alter = alter
    this.identity = chip.identity
    this.ftmCertificates = chip.ftmCertificates
  }

  signDigitalId(at: Date): string {
    return alterSigned(this.#chip.signDigitalId(at), this.#alter)
  }

  generateKey(): Promise<{ keyId: string; spki: Buffer }> {
    return this.#chip.generateKey()
  }

  signWithDeviceKey(keyId: string, input: Buffer): Buffer {
    return this.#chip.signWithDeviceKey(keyId, input)
  }

  signRegistration(input: Buffer): Buffer {
    return this.#chip.signRegistration(input)
  }

  installCertificate(keyId: string, certificates: readonly Buffer[]): void {
    this.#chip.installCertificate(keyId, certificates)
  }

  destroyKey(keyId: string): void {
    this.#chip.destroyKey(keyId)
  }

  listKeys(): ChipKey[] {
    return this.#chip.listKeys()
  }
}
