import type { HsmException } from '@sanad/protocol/domain/hsm-exceptions'

/**
 * What the rest of the program may ask of the HSM.
 *
 * There is no "sign these bytes": each operation names its purpose, and the agent process that holds the
 * token checks that the bytes are of that purpose before it signs, so that a compromised server process is
 * not a signing oracle.
 */

/** What a key is for; a key of one purpose never signs for another. */
export const KEY_PURPOSES = ['provider-ca', 'management-root', 'command'] as const
export type KeyPurpose = (typeof KEY_PURPOSES)[number]

export interface HsmKey {
  readonly purpose: KeyPurpose
  /** CKA_LABEL: `sanad.<purpose>.<generation>`, unique on the token. */
  readonly label: string
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex; CKA_ID too, where the token lets it be chosen. */
  readonly id: string
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  readonly algorithm: 'RSA'
  readonly modulusBits: number
}

/** What the module says about a private key, and what it did when asked to give it away. */
export interface KeyProof {
  readonly label: string
  readonly keyId: string
  readonly holds: boolean
  readonly attributes: Readonly<Record<string, boolean | string>>
  /** Each attempt to export or weaken the key, with the answer of the module. */
  readonly refusals: readonly {
    readonly attempt: string
    readonly answer: string
    readonly refused: boolean
  }[]
  /** Why `holds` is false, in words. */
  readonly failures: readonly string[]
  /** Those of the failures that this make of software token is known for; development mode lives with them. */
  readonly knownGaps: readonly string[]
  /** What the operator’s configuration accepts of this key, and so is no failure. */
  readonly accepted: readonly HsmException[]
  /** What the operator would have to accept for it to hold; missing where it holds, and where nothing helps. */
  readonly needs?: readonly HsmException[]
}

export interface TokenIdentity {
  readonly label: string
  readonly manufacturer: string
  readonly model: string
  readonly serialNumber: string
  readonly firmwareVersion: string
  readonly libraryDescription: string
}

export type HsmState = 'ready' | 'starting' | 'unavailable' | 'pin-refused' | 'closed'

export interface HsmHealth {
  readonly state: HsmState
  readonly token?: TokenIdentity
  readonly queued: number
  readonly sessions: number
  readonly restarts: number
  /** When the state was entered, milliseconds since the epoch. */
  readonly since: number
}

/** The HSM came into another state. */
export interface HsmChange {
  readonly health: HsmHealth
  /** The last words of the agent or the fault of the device, where there were any. */
  readonly why: string
}

/** All signatures are RSASSA-PKCS1-v1_5 with SHA-256. All methods throw SanadError `hsm.*`. */
export interface Hsm {
  generateKey(purpose: KeyPurpose, options?: { modulusBits?: 2048 | 3072 | 4096 }): Promise<HsmKey>
  listKeys(): Promise<readonly HsmKey[]>
  proveKeys(): Promise<readonly KeyProof[]>
  /** Signs the DER CertificationRequestInfo of the key’s own PKCS#10 request (provider-ca only). */
  signCertificationRequest(keyId: string, certificationRequestInfo: Uint8Array): Promise<Uint8Array>
  /** Signs a TBSCertificate of a device: v3, CA:FALSE, keyUsage digitalSignature only, RSA-2048 or more (provider-ca only). */
  signDeviceCertificate(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array>
  /** Signs a TBSCertList (provider-ca only). */
  signRevocationList(keyId: string, tbsCertList: Uint8Array): Promise<Uint8Array>
  /** Signs the management root’s own self-signed TBSCertificate: CA:TRUE, its own key in it (management-root only). */
  signManagementRoot(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array>
  /** Signs the TBSCertificate of an Ed25519 response key, valid at most 25 hours (management-root only). */
  certifyResponseKey(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array>
  /** Signs the TBSCertificate of the server’s TLS key, valid at most 90 days (management-root only). */
  certifyTlsKey(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array>
  /** Signs the TBSCertificate of the command key (management-root only). */
  certifyCommandKey(keyId: string, tbsCertificate: Uint8Array): Promise<Uint8Array>
  /** Signs the JWS signing input of a ceremony transcript, `typ` sanad-transcript+jws (management-root only). */
  signTranscript(keyId: string, signingInput: string): Promise<Uint8Array>
  /** Signs the JWS signing input of a command, `typ` sanad-command+jws (command only). */
  signCommand(keyId: string, signingInput: string): Promise<Uint8Array>
  health(): HsmHealth
  close(): Promise<void>
}
