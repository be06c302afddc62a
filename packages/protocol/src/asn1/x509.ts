import { DerReader, type DerValue, expectTag, readChildren, readDer } from './read-der.ts'
import { TAG, contextTag } from './tags.ts'
import {
  decodeBitString,
  decodeBoolean,
  decodeIntegerContent,
  decodeNamedBits,
  decodeObjectIdentifier,
  decodeSmallInteger,
  decodeText,
  decodeTime,
} from './decode-der.ts'
import { OID } from './object-identifiers.ts'
import { SanadError } from '../text/problems.ts'

/** An X.509 certificate, read strictly (RFC 5280 §4.1). Nothing is verified here. */
export interface Certificate {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly signature: Uint8Array
  readonly signatureAlgorithm: string
  /**
   * The INTEGER’s content, two’s complement. MOSIP draws the serial numbers it re-signs with from a signed
   * 64-bit random, so half of them are negative; RFC 5280 §4.1.2.2 asks readers to bear with that.
   */
  readonly serialNumber: Uint8Array
  /** DER of the Name: compared byte for byte. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  readonly spki: Uint8Array
  readonly publicKeyAlgorithm: string
  readonly extensions: ReadonlyMap<string, CertificateExtension>
}

export interface CertificateExtension {
  readonly isCritical: boolean
  readonly value: Uint8Array
}

/** Key usage bits, RFC 5280 §4.2.1.3. */
export const KEY_USAGE = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyCertSign: 5,
  crlSign: 6,
} as const

/** @throws SanadError `certificate.request-invalid` */
export function parseCertificate(der: Uint8Array): Certificate {
  const certificate = DerReader.ofSequence(der)
  const tbs = certificate.next(TAG.sequence)
  const signatureAlgorithm = certificate.next(TAG.sequence)
  const signature = decodeBitString(certificate.next(TAG.bitString))
  certificate.end()

  const fields = new DerReader(tbs)
  const version = decodeSmallInteger(only(fields.next(contextTag(0)), TAG.integer))
  if (version !== 2) throw invalid('not version 3')
  const serialNumber = decodeIntegerContent(fields.next(TAG.integer))
  if (serialNumber.length > LONGEST_SERIAL_NUMBER) throw invalid('a serial number too long')
  const innerAlgorithm = fields.next(TAG.sequence)
  const issuer = fields.next(TAG.sequence).bytes
  const validity = fields.sequence()
  const notBefore = decodeTime(validity.nextOfAny())
  const notAfter = decodeTime(validity.nextOfAny())
  validity.end()
  const subject = fields.next(TAG.sequence).bytes
  const spki = fields.next(TAG.sequence)
  const wrapper = fields.optional(contextTag(3))
  const extensions =
    wrapper === undefined
      ? new Map<string, CertificateExtension>()
      : readExtensions(only(wrapper, TAG.sequence))
  fields.end()
  // RFC 5280 §4.1.1.2: both algorithm identifiers are the same.
  if (!sameBytes(innerAlgorithm.bytes, signatureAlgorithm.bytes))
    throw invalid('two signature algorithms')

  return {
    der,
    tbs: tbs.bytes,
    signature,
    signatureAlgorithm: readAlgorithm(signatureAlgorithm.bytes),
    serialNumber,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki: spki.bytes,
    publicKeyAlgorithm: readKeyAlgorithm(spki),
    extensions,
  }
}

/**
 * Only the SubjectPublicKeyInfo, at a tenth of the cost: for a certificate that was read in full before, when
 * it was issued or pinned. @throws SanadError `certificate.request-invalid`
 */
export function readSpki(der: Uint8Array): Uint8Array {
  const fields = DerReader.ofSequence(der).sequence()
  fields.next(contextTag(0))
  fields.next(TAG.integer)
  for (const _field of ['signature', 'issuer', 'validity', 'subject']) fields.next(TAG.sequence)
  return fields.next(TAG.sequence).bytes
}

/** RFC 5280 §4.1.2.2: 20 octets; one more that only carries a sign is still too many. */
const LONGEST_SERIAL_NUMBER = 20

/** What an explicit tag holds: one value. */
function only(wrapper: DerValue, tag: number): DerValue {
  const reader = new DerReader(wrapper)
  const value = reader.next(tag)
  reader.end()
  return value
}

/** The list in a certificate, a revocation list or an entry of one. @throws SanadError `certificate.request-invalid` */
export function readExtensions(list: DerValue): Map<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>()
  for (const item of readChildren(expectTag(list, TAG.sequence))) {
    const extension = new DerReader(item)
    const name = decodeObjectIdentifier(extension.next(TAG.objectIdentifier))
    const critical = extension.optional(TAG.boolean)
    const value = extension.next(TAG.octetString).content
    extension.end()
    // X.690 §11.5: a DEFAULT is left out.
    if (critical !== undefined && !decodeBoolean(critical))
      throw invalid('critical FALSE is written')
    // RFC 5280 §4.2: no extension appears twice.
    if (extensions.has(name)) throw invalid('an extension appears twice')
    extensions.set(name, { isCritical: critical !== undefined, value })
  }
  return extensions
}

const readAlgorithm = (algorithmIdentifier: Uint8Array): string =>
  decodeObjectIdentifier(DerReader.ofSequence(algorithmIdentifier).next(TAG.objectIdentifier))

/** RFC 5280 §4.1.2.7: an algorithm and a bit string, nothing more. */
function readKeyAlgorithm(spki: DerValue): string {
  const fields = new DerReader(spki)
  const algorithm = fields.next(TAG.sequence)
  decodeBitString(fields.next(TAG.bitString))
  fields.end()
  return readAlgorithm(algorithm.bytes)
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

export interface BasicConstraints {
  readonly isCa: boolean
  readonly pathLength: number | undefined
}

/** RFC 5280 §4.2.1.9; absent means "not a CA". */
export function readBasicConstraints(certificate: Certificate): BasicConstraints {
  const extension = certificate.extensions.get(OID.basicConstraints)
  if (extension === undefined) return { isCa: false, pathLength: undefined }
  const fields = DerReader.ofSequence(extension.value)
  const ca = fields.optional(TAG.boolean)
  const length = fields.optional(TAG.integer)
  fields.end()
  return {
    isCa: ca !== undefined && decodeBoolean(ca),
    pathLength: length === undefined ? undefined : decodeSmallInteger(length),
  }
}

/** The set bits, or undefined when there is no key usage extension. */
export function readKeyUsage(certificate: Certificate): readonly number[] | undefined {
  const extension = certificate.extensions.get(OID.keyUsage)
  return extension === undefined ? undefined : decodeNamedBits(readDer(extension.value))
}

export function readExtendedKeyUsage(certificate: Certificate): readonly string[] | undefined {
  const extension = certificate.extensions.get(OID.extendedKeyUsage)
  if (extension === undefined) return undefined
  return readChildren(readDer(extension.value)).map(decodeObjectIdentifier)
}

export function readSubjectKeyIdentifier(certificate: Certificate): Uint8Array | undefined {
  const extension = certificate.extensions.get(OID.subjectKeyIdentifier)
  return extension === undefined ? undefined : readDer(extension.value).content
}

/** Values of one attribute type in a Name, in order: `readName(subject, OID.commonName)`. */
export function readName(name: Uint8Array, attribute: string): string[] {
  const values: string[] = []
  for (const set of readChildren(readDer(name))) {
    for (const pair of readChildren(set)) {
      const fields = new DerReader(pair)
      if (decodeObjectIdentifier(fields.next(TAG.objectIdentifier)) === attribute) {
        values.push(decodeText(fields.nextOfAny()))
      }
    }
  }
  return values
}

function invalid(detail: string): SanadError {
  return new SanadError('certificate.request-invalid', detail)
}
