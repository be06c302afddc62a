import type { Level } from '@sanad/protocol/domain/device-kinds'

/**
 * Where the private keys of a device live: a chip (L1), or what the host has (L0: a sealed file here; a TPM or
 * the key store of an operating system behind the same interface).
 *
 * Nothing here gives a private key away. All methods throw SanadError `client.key-store-failed`.
 */

export type DeviceKeyState = 'pending' | 'active' | 'superseded'

export interface DeviceKey {
  /** base64url of the SHA-256 of the SubjectPublicKeyInfo. */
  readonly keyId: string
  readonly state: DeviceKeyState
}

export interface NewDeviceKey {
  readonly keyId: string
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
}

export interface DeviceKeyStore {
  readonly level: Level
  list(): Promise<readonly DeviceKey[]>
  /** A new key, pending: RSA of 2048 bits, as MOSIP's validators take no other (MF §2.3). */
  generateKey(): Promise<NewDeviceKey>
  /** RS256 over bytes that are a message of this protocol or a certification request. */
  sign(keyId: string, input: Uint8Array): Promise<Uint8Array>
  /**
   * Gives the key its certificates, leaf first, and makes it the one that the SBI signs with; the active one
   * before it is superseded in the same step, so that there is always exactly one. Harmless to repeat.
   */
  installCertificate(keyId: string, certificates: readonly Uint8Array[]): Promise<void>
  /** Harmless to repeat. */
  destroyKey(keyId: string): Promise<void>
}
