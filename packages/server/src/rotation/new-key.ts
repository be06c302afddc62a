import { decodeBase64url } from '@sanad/protocol/text/base64url'
import type { RequestBody } from '@sanad/protocol/wire/messages'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import { modulusBits, readRsaPublicKey } from '../certificates/der/rsa-public-key.ts'
import { verifyDeviceRequest } from '../certificates/device-request.ts'
import { spkiDigest } from '../certificates/issuance-intent.ts'

/** The key that is to take the place of another, as far as its request can be believed. */
export type NewKey =
  | { readonly spki: Uint8Array; readonly spkiSha256: string }
  | { readonly refusedWith: ProblemCode }

/**
 * The request is signed by the new key over the thumbprint of the certificate that it replaces: the key is held,
 * and was made for this.
 */
export function examineNewKey(
  { csr, replaces }: RequestBody<'key-rotation'>,
  minimumKeyBits: number,
): NewKey {
  try {
    const { spki, challengePassword } = verifyDeviceRequest(decodeBase64url(csr))
    if (challengePassword !== replaces) return { refusedWith: 'registration.possession-not-proven' }
    const key = readRsaPublicKey(spki)
    if (key === undefined || modulusBits(key) < minimumKeyBits)
      return { refusedWith: 'registration.key-weak' }
    return { spki, spkiSha256: spkiDigest(spki) }
  } catch (error) {
    if (error instanceof SanadError) return { refusedWith: refusalOf(error.code) }
    throw error
  }
}

const refusalOf = (code: ProblemCode): ProblemCode =>
  code === 'registration.key-weak' || code === 'registration.possession-not-proven'
    ? code
    : 'certificate.request-invalid'
