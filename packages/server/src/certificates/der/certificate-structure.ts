import { randomBytes } from 'node:crypto'
import { contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeBitString,
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeTagged,
  encodeTime,
  encodeUnsignedInteger,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'

/** The frame of every certificate of ours: RFC 5280 §4.1, version 3, signed with SHA-256 and RSA. */

export interface TbsFields {
  /** Magnitude, big-endian. */
  readonly serialNumber: Uint8Array
  /** Complete Name, byte for byte that of the issuer's subject. */
  readonly issuer: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Uint8Array
  readonly spki: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

// RFC 5280 §4.1.2.1: version 3 is written as 2.
const VERSION_3 = encodeTagged(contextTag(0), encodeInteger(2))

/** RFC 4055 §5: sha256WithRSAEncryption, parameters NULL. */
export const SHA256_WITH_RSA = encodeSequence(
  encodeObjectIdentifier(OID.sha256WithRsa),
  encodeNull(),
)

export function encodeTbsCertificate(fields: TbsFields): Uint8Array {
  return encodeSequence(
    VERSION_3,
    encodeUnsignedInteger(fields.serialNumber),
    SHA256_WITH_RSA,
    fields.issuer,
    encodeSequence(encodeTime(fields.notBefore), encodeTime(fields.notAfter)),
    fields.subject,
    fields.spki,
    encodeTagged(contextTag(3), encodeSequence(...fields.extensions)),
  )
}

/** A signed structure of PKIX: what was signed, how, and the signature. Certificates and requests alike. */
export const attachSignature = (signed: Uint8Array, signature: Uint8Array): Uint8Array =>
  encodeSequence(signed, SHA256_WITH_RSA, encodeBitString(signature))

const SERIAL_NUMBER_BYTES = 16

/**
 * 126 random bits in exactly 16 bytes: the top bit is clear, so that the INTEGER stays positive without a
 * sign byte, and the first byte is not zero, so that the length never varies.
 *
 * RFC 5280 §4.1.2.2: positive, unique for the issuer, at most 20 octets.
 */
export function makeSerialNumber(random: (size: number) => Uint8Array = randomBytes): Uint8Array {
  for (;;) {
    const bytes = random(SERIAL_NUMBER_BYTES)
    bytes[0] = (bytes[0] ?? 0) & 0x7f
    if (bytes[0] !== 0) return bytes
  }
}

/** RFC 5280 §4.1.2.5: certificate times are whole seconds. */
export const wholeSeconds = (at: number): Date => new Date(Math.floor(at / 1000) * 1000)
