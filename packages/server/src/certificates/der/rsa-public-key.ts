import { DerReader } from '@sanad/protocol/asn1/read-der'
import { TAG } from '@sanad/protocol/asn1/tags'
import {
  decodeBitString,
  decodeObjectIdentifier,
  decodeUnsignedInteger,
} from '@sanad/protocol/asn1/decode-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'

export interface RsaPublicKey {
  /** Magnitudes, big-endian. */
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
}

/**
 * RFC 3279 §2.3.1: rsaEncryption with NULL parameters, and no second spelling, so that the digest of a
 * SubjectPublicKeyInfo names one key.
 *
 * @returns undefined when it is a key of another algorithm
 * @throws SanadError `certificate.request-invalid`
 */
export function readRsaPublicKey(spki: Uint8Array): RsaPublicKey | undefined {
  const fields = DerReader.ofSequence(spki)
  const algorithm = fields.sequence()
  const bits = decodeBitString(fields.next(TAG.bitString))
  fields.end()
  if (decodeObjectIdentifier(algorithm.next(TAG.objectIdentifier)) !== OID.rsaEncryption) {
    return undefined
  }
  algorithm.next(TAG.null)
  algorithm.end()
  const key = DerReader.ofSequence(bits)
  const modulus = decodeUnsignedInteger(key.next(TAG.integer))
  const exponent = decodeUnsignedInteger(key.next(TAG.integer))
  key.end()
  return { modulus, exponent }
}

export const modulusBits = ({ modulus }: RsaPublicKey): number =>
  modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
