import { contextTag, TAG } from '@sanad/protocol/asn1/tags'
import {
  decodeBitString,
  decodeBoolean,
  decodeNamedBits,
  decodeObjectIdentifier,
  decodeSmallInteger,
  decodeTime,
  decodeUnsignedInteger,
} from '@sanad/protocol/asn1/decode-der'
import { DerReader, expectTag, readDer, type DerValue } from '@sanad/protocol/asn1/read-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { refuse } from './refusal.ts'

/** A TBSCertificate as RFC 5280 §4.1 writes it, read with nothing left over. */
export interface TbsCertificate {
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  readonly spki: Uint8Array
  readonly publicKey: PublicKey
  readonly extensions: ReadonlyMap<string, Extension>
}

export interface Extension {
  readonly isCritical: boolean
  readonly value: Uint8Array
}

export type PublicKey =
  | { readonly algorithm: 'RSA'; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | { readonly algorithm: string }

export function readTbsCertificate(bytes: Uint8Array): TbsCertificate {
  const tbs = DerReader.ofSequence(bytes)
  const version = readDer(tbs.next(contextTag(0)).content)
  // RFC 5280 §4.1.2.1: v3 is written 2.
  if (decodeSmallInteger(version) !== 2) refuse('the certificate is not v3')
  requireSerialNumber(tbs.next(TAG.integer))
  requireSha256WithRsa(tbs.sequence())
  const issuer = readName(tbs.next(TAG.sequence))
  const validity = tbs.sequence()
  const notBefore = decodeTime(validity.nextOfAny())
  const notAfter = decodeTime(validity.nextOfAny())
  validity.end()
  if (!(notBefore < notAfter)) refuse('the certificate ends before it begins')
  const subject = readName(tbs.next(TAG.sequence))
  const spki = tbs.next(TAG.sequence)
  // Unique identifiers ([1], [2]) are not accepted: RFC 5280 §4.1.2.8 says not to make them.
  const extensions = readExtensions(readDer(tbs.next(contextTag(3)).content))
  tbs.end()
  return {
    issuer,
    subject,
    notBefore,
    notAfter,
    spki: spki.bytes,
    publicKey: readPublicKey(spki),
    extensions,
  }
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets; 8 at least leave room for 64 random bits. */
function requireSerialNumber(serial: DerValue): void {
  const magnitude = decodeUnsignedInteger(serial)
  if (serial.content.length > 20 || magnitude.length < 8)
    refuse('the serial number is too long or short')
}

/** RFC 4055 §5: the parameters are NULL. */
export function requireSha256WithRsa(algorithm: DerReader): void {
  if (decodeObjectIdentifier(algorithm.next(TAG.objectIdentifier)) !== OID.sha256WithRsa) {
    refuse('the signature algorithm is not sha256WithRSAEncryption')
  }
  algorithm.next(TAG.null)
  algorithm.end()
}

/** A Name that is not empty, of SETs of attributes. */
export function readName(name: DerValue): Uint8Array {
  const relativeNames = new DerReader(name)
  if (relativeNames.isAtEnd) refuse('a name is empty')
  while (!relativeNames.isAtEnd) {
    const attributes = new DerReader(relativeNames.next(TAG.set))
    do {
      const attribute = attributes.sequence()
      decodeObjectIdentifier(attribute.next(TAG.objectIdentifier))
      attribute.nextOfAny()
      attribute.end()
    } while (!attributes.isAtEnd)
  }
  return name.bytes
}

export function readPublicKey(spki: DerValue): PublicKey {
  const reader = new DerReader(spki)
  const algorithm = reader.sequence()
  const identifier = decodeObjectIdentifier(algorithm.next(TAG.objectIdentifier))
  const bits = decodeBitString(reader.next(TAG.bitString))
  reader.end()
  if (identifier !== OID.rsaEncryption) return { algorithm: identifier }
  algorithm.next(TAG.null)
  algorithm.end()
  const numbers = DerReader.ofSequence(bits)
  const modulus = decodeUnsignedInteger(numbers.next(TAG.integer))
  const exponent = decodeUnsignedInteger(numbers.next(TAG.integer))
  numbers.end()
  return { algorithm: 'RSA', modulus, exponent }
}

function readExtensions(list: DerValue): Map<string, Extension> {
  const reader = new DerReader(expectTag(list, TAG.sequence))
  const extensions = new Map<string, Extension>()
  while (!reader.isAtEnd) {
    const extension = reader.sequence()
    const identifier = decodeObjectIdentifier(extension.next(TAG.objectIdentifier))
    const critical = extension.optional(TAG.boolean)
    const value = extension.next(TAG.octetString).content
    extension.end()
    // RFC 5280 §4.2: at most one of a kind.
    if (extensions.has(identifier)) refuse(`the extension ${identifier} is there twice`)
    extensions.set(identifier, {
      isCritical: critical !== undefined && decodeBoolean(critical),
      value,
    })
  }
  return extensions
}

/** RFC 5280 §4.2.1.9 */
export function readBasicConstraints(value: Uint8Array): { isCa: boolean; hasPathLength: boolean } {
  const reader = DerReader.ofSequence(value)
  const flag = reader.optional(TAG.boolean)
  const pathLength = reader.optional(TAG.integer)
  reader.end()
  return {
    isCa: flag !== undefined && decodeBoolean(flag),
    hasPathLength: pathLength !== undefined,
  }
}

/** RFC 5280 §4.2.1.3: the numbers of the bits. */
export const readKeyUsage = (value: Uint8Array): number[] => decodeNamedBits(readDer(value))

/** RFC 5280 §4.2.1.12 */
export function readExtendedKeyUsage(value: Uint8Array): string[] {
  const reader = DerReader.ofSequence(value)
  const usages: string[] = []
  do usages.push(decodeObjectIdentifier(reader.next(TAG.objectIdentifier)))
  while (!reader.isAtEnd)
  return usages
}
