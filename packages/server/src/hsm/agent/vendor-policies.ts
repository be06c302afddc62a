import { SanadError } from '@sanad/protocol/text/problems'
import type { FipsCertificate } from '../hsm-config.ts'
import type { TokenIdentity } from '../hsm.ts'

/** What is known about particular makers of tokens; a token of nobody’s is held to everything. */
export interface VendorPolicy {
  readonly name: string
  readonly recognise: RegExp
  /** Keeps keys in files of the host: never in production. */
  readonly isSoftware: boolean
  /** Attributes that this maker reports otherwise for a sound key. */
  readonly quirks: readonly string[]
  /** Real weaknesses: the proof fails by them, and only development mode uses the key all the same. */
  readonly gaps: readonly string[]
  /** Whether C_CopyObject keeps CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE, as PKCS#11 demands. */
  readonly doesCopyKeepHistory: boolean
}

const ANY_HSM: VendorPolicy = {
  name: 'any',
  recognise: /(?:)/,
  isSoftware: false,
  quirks: [],
  gaps: [],
  doesCopyKeepHistory: true,
}

const VENDOR_POLICIES: readonly VendorPolicy[] = [
  { ...ANY_HSM, name: 'SoftHSM', recognise: /softhsm/i, isSoftware: true },
  {
    ...ANY_HSM,
    name: 'NSS softokn',
    recognise: /mozilla|\bNSS\b/i,
    isSoftware: true,
    // 3.87 writes CKA_LOCAL=0 on keys that it made itself.
    quirks: ['CKA_LOCAL'],
    // 3.87 wraps keys out although CKA_EXTRACTABLE is false; docs/hsm/nss-softokn.md.
    gaps: ['C_WrapKey', 'CKA_MODIFIABLE'],
    doesCopyKeepHistory: false,
  },
  { ...ANY_HSM, name: 'Kryoptic', recognise: /kryoptic/i, isSoftware: true },
  {
    ...ANY_HSM,
    name: 'openCryptoki soft token',
    recognise: /\bsoft\b.*(ibm|opencryptoki)|(ibm|opencryptoki).*\bsoft\b/i,
    isSoftware: true,
  },
]

export function vendorPolicyOf(token: TokenIdentity): VendorPolicy {
  const marks = `${token.manufacturer} ${token.model} ${token.libraryDescription}`
  return VENDOR_POLICIES.find((policy) => policy.recognise.test(marks)) ?? ANY_HSM
}

/** @throws SanadError `hsm.not-permitted`, before the PIN is used. */
export function requirePermitted(
  token: TokenIdentity,
  mode: 'production' | 'development',
  certificate: FipsCertificate | undefined,
): void {
  if (mode !== 'production') return
  const policy = vendorPolicyOf(token)
  if (policy.isSoftware) {
    throw new SanadError('hsm.not-permitted', `${policy.name} keeps keys in software`)
  }
  // MDS 0.9.5 › Management Server Functionalities and Interactions, 6: FIPS 140-2 Level 3.
  if (certificate === undefined || certificate.level < 3) {
    throw new SanadError('hsm.not-permitted', 'no FIPS Level 3 certificate is recorded')
  }
  const { firmwareVersion } = certificate
  if (firmwareVersion !== undefined && firmwareVersion !== token.firmwareVersion) {
    throw new SanadError(
      'hsm.not-permitted',
      `the certificate is for firmware ${firmwareVersion}, the token has ${token.firmwareVersion}`,
    )
  }
}
