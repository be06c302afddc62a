import type { DeviceIdentity } from '../digital-id.ts'

export type ChipKeyState = 'pending' | 'active' | 'superseded'

export interface ChipKey {
  /** base64url of the SHA-256 of the SubjectPublicKeyInfo. */
  readonly keyId: string
  readonly state: ChipKeyState
}

/**
 * What a management client may ask of a foundational trust module, and nothing else.
 *
 * There is no verb that captures, none that exports a key and none that signs bytes of the caller's choice.
 */
export interface Chip {
  readonly identity: DeviceIdentity
  /** Chip certificate first, then intermediates; the root is known to whoever trusts it. */
  readonly ftmCertificates: readonly Buffer[]
  generateKey(): Promise<{ keyId: string; spki: Buffer }>
  signWithDeviceKey(keyId: string, input: Buffer): Buffer
  signRegistration(input: Buffer): Buffer
  signDigitalId(at: Date): string
  installCertificate(keyId: string, certificates: readonly Buffer[]): void
  destroyKey(keyId: string): void
  listKeys(): ChipKey[]
}
