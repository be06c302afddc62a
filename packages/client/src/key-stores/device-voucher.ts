import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'

/** Vouches for the identity of a device: its chip on L1, only its own new key on L0. */
export interface DeviceVoucher {
  readonly level: Level
  /** Certificates of the key that signs registrations, leaf first, without the root. */
  registrationChain(keyId: string): Promise<readonly Uint8Array[]>
  signRegistration(keyId: string, input: Uint8Array): Promise<Uint8Array>
  /** MDS 0.9.5 › Signature: by the FTM key on L1, by the device key on L0. */
  signDigitalId(keyId: string): Promise<SignedDigitalId>
}

export interface SignedDigitalId {
  readonly digitalId: DigitalId
  /** A compact JWS. */
  readonly signed: string
}
