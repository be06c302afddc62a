import { decodeBase64url } from '@sanad/protocol/text/base64url'
import { SanadError } from '@sanad/protocol/text/problems'
import { modulusBits, readRsaPublicKey } from './der/rsa-public-key.ts'
import { verifyDeviceRequest } from './device-request.ts'
import { spkiDigest } from './issuance-intent.ts'

/** Why a request proves no key. */
export type KeyFault =
  | 'certificate.request-invalid'
  | 'registration.key-weak'
  | 'registration.possession-not-proven'

/** The key that a device asks a certificate for, as far as its request can be believed. */
export type NewKey =
  | {
      readonly spki: Uint8Array
      /** Hex. */
      readonly spkiSha256: string
      /** Of the modulus. */
      readonly bits: number
      /** Whether the request was made for this very purpose, and not replayed. */
      readonly isProven: boolean
    }
  | { readonly fault: KeyFault }

/**
 * The new key signs the request over a challenge: the nonce of a registration, or the thumbprint of the certificate
 * that a rotation replaces. So the device holds the key, and made it for this.
 *
 * @param csr PKCS#10, base64url
 */
export function examineNewKey(csr: string, challenge: string): NewKey {
  try {
    const { spki, challengePassword } = verifyDeviceRequest(decodeBase64url(csr))
    const key = readRsaPublicKey(spki)
    if (key === undefined) return { fault: 'registration.key-weak' }
    return {
      spki,
      spkiSha256: spkiDigest(spki),
      bits: modulusBits(key),
      isProven: challengePassword === challenge,
    }
  } catch (error) {
    if (error instanceof SanadError) return { fault: faultOf(error) }
    throw error
  }
}

const faultOf = ({ code }: SanadError): KeyFault =>
  code === 'registration.key-weak' || code === 'registration.possession-not-proven'
    ? code
    : 'certificate.request-invalid'

/** A key that is not proven, or shorter than the policy asks for, is none. */
export function requireUsable(key: NewKey, minimumBits: number): NewKey {
  if ('fault' in key) return key
  if (!key.isProven) return { fault: 'registration.possession-not-proven' }
  return key.bits < minimumBits ? { fault: 'registration.key-weak' } : key
}

/** Hex; undefined when the request proves no key. */
export const digestOf = (key: NewKey): string | undefined =>
  'fault' in key ? undefined : key.spkiSha256
