import {
  DerReader,
  type DerValue,
  expectTag,
  readChildren,
  readDer,
} from '@sanad/protocol/asn1/read-der'
import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import {
  decodeBitString,
  decodeSmallInteger,
  decodeTime,
  decodeUnsignedInteger,
} from '@sanad/protocol/asn1/decode-der'
import {
  encodeInteger,
  encodeSequence,
  encodeTagged,
  encodeTime,
  encodeUnsignedInteger,
} from '@sanad/protocol/asn1/write-der'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { type CertificateExtension, readExtensions } from '@sanad/protocol/asn1/x509'
import { SHA256_WITH_RSA } from './certificate-structure.ts'
import { encodeAuthorityKeyIdentifier, encodeExtension } from './extensions.ts'

/** RFC 5280 §5: certificate revocation lists, version 2. */

/** RFC 5280 §5.3.1; those we give. No certificateHold: a revocation is not taken back. */
export const CRL_REASONS = { keyCompromise: 1, superseded: 4, cessationOfOperation: 5 } as const
export type CrlReason = keyof typeof CRL_REASONS

export interface RevokedEntry {
  /** Lower-case hex. */
  readonly serialNumber: string
  /** Milliseconds since the epoch. */
  readonly revokedAt: number
  readonly reason: CrlReason
}

export interface ListFields {
  /** Complete Name, byte for byte that of the provider certificate’s subject. */
  readonly issuer: Uint8Array
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** In the order of serial numbers. */
  readonly entries: readonly RevokedEntry[]
  /** Subject key identifier of the provider certificate. */
  readonly keyId: Uint8Array
  readonly number: number
  /** What the certificates of this shard name as their distribution point. */
  readonly url: string
}

// ── Writing ────────────────────────────────────────────────────────────────────────────────────────

// RFC 5280 §5.1.2.1: version 2 is written as 1.
const VERSION_2 = encodeInteger(1)

export function encodeTbsCertList(fields: ListFields): Uint8Array {
  const { entries, keyId, number, url } = fields
  return encodeSequence(
    VERSION_2,
    SHA256_WITH_RSA,
    fields.issuer,
    encodeTime(fields.thisUpdate),
    encodeTime(fields.nextUpdate),
    // RFC 5280 §5.1.2.6: absent when nothing is revoked.
    ...(entries.length === 0 ? [] : [encodeSequence(...entries.map(encodeEntry))]),
    encodeTagged(
      contextTag(0),
      encodeSequence(
        encodeAuthorityKeyIdentifier(keyId),
        encodeExtension(OID.crlNumber, false, encodeInteger(number)),
        encodeExtension(OID.issuingDistributionPoint, true, encodeDistributionPointValue(url)),
      ),
    ),
  )
}

/**
 * RFC 5280 §5.2.5: which distribution point this is, so that the list of another shard cannot hide a
 * revocation; and that it speaks for end entities only.
 */
export function encodeDistributionPointValue(url: string): Uint8Array {
  const uri = encodeTagged(contextTag(6, false), new TextEncoder().encode(url))
  const name = encodeTagged(contextTag(0), encodeTagged(contextTag(0), uri))
  return encodeSequence(name, encodeTagged(contextTag(1, false), Uint8Array.of(0xff)))
}

const encodeReason = (code: number): Uint8Array =>
  encodeSequence(
    encodeExtension(OID.reasonCode, false, encodeTagged(TAG.enumerated, Uint8Array.of(code))),
  )

const REASON_EXTENSIONS: Readonly<Record<CrlReason, Uint8Array>> = {
  keyCompromise: encodeReason(CRL_REASONS.keyCompromise),
  superseded: encodeReason(CRL_REASONS.superseded),
  cessationOfOperation: encodeReason(CRL_REASONS.cessationOfOperation),
}

const encodeEntry = ({ serialNumber, revokedAt, reason }: RevokedEntry): Uint8Array =>
  encodeSequence(
    encodeUnsignedInteger(Buffer.from(serialNumber, 'hex')),
    encodeTime(new Date(revokedAt)),
    REASON_EXTENSIONS[reason],
  )

// ── Reading ────────────────────────────────────────────────────────────────────────────────────────

export interface RevocationList {
  readonly tbs: Uint8Array
  readonly signature: Uint8Array
  readonly issuer: Uint8Array
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly number: number
  readonly entries: readonly ReadEntry[]
  readonly extensions: ReadonlyMap<string, CertificateExtension>
}

export interface ReadEntry {
  readonly serialNumber: string
  readonly revokedAt: number
  readonly reasonCode: number | undefined
}

/** Reads strictly what is written above. Nothing is verified. @throws SanadError `certificate.request-invalid` */
export function parseRevocationList(der: Uint8Array): RevocationList {
  const list = DerReader.ofSequence(der)
  const tbs = list.next(TAG.sequence)
  requireAlgorithm(list.next(TAG.sequence))
  const signature = decodeBitString(list.next(TAG.bitString))
  list.end()

  const fields = new DerReader(tbs)
  if (decodeSmallInteger(fields.next(TAG.integer)) !== 1) throw invalid('not version 2')
  requireAlgorithm(fields.next(TAG.sequence))
  const issuer = fields.next(TAG.sequence).bytes
  const thisUpdate = readTime(fields.nextOfAny())
  const nextUpdate = readTime(fields.nextOfAny())
  const revoked = fields.optional(TAG.sequence)
  const extensions = readExtensions(readDer(fields.next(contextTag(0)).content))
  fields.end()
  const entries = revoked === undefined ? [] : readChildren(revoked).map(readEntry)
  // RFC 5280 §5.1.2.6
  if (revoked !== undefined && entries.length === 0) throw invalid('an empty list of entries')
  const number = extensions.get(OID.crlNumber)
  if (number === undefined) throw invalid('no CRL number')
  return {
    tbs: tbs.bytes,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    number: decodeSmallInteger(readDer(number.value)),
    entries,
    extensions,
  }
}

function requireAlgorithm(identifier: DerValue): void {
  if (!equalBytes(identifier.bytes, SHA256_WITH_RSA)) throw invalid('another signature algorithm')
}

/** RFC 5280 §5.1.2.4: UTCTime until 2049, GeneralizedTime from 2050. */
function readTime(value: DerValue): number {
  const at = decodeTime(value)
  if (!equalBytes(encodeTime(new Date(at)), value.bytes)) throw invalid('a time in the other form')
  return at
}

function readEntry(value: DerValue): ReadEntry {
  const entry = new DerReader(value)
  const serialNumber = Buffer.from(decodeUnsignedInteger(entry.next(TAG.integer))).toString('hex')
  const revokedAt = readTime(entry.nextOfAny())
  const given = entry.optional(TAG.sequence)
  entry.end()
  return {
    serialNumber,
    revokedAt,
    reasonCode: given === undefined ? undefined : readReason(given),
  }
}

function readReason(given: DerValue): number {
  const extensions = readExtensions(given)
  const reason = extensions.get(OID.reasonCode)
  if (reason === undefined || reason.isCritical || extensions.size !== 1)
    throw invalid('an entry with other extensions than its reason')
  const { content } = expectTag(readDer(reason.value), TAG.enumerated)
  const [code] = content
  if (code === undefined || content.length !== 1) throw invalid('a reason that is none')
  return code
}

const invalid = (detail: string): SanadError =>
  new SanadError('certificate.request-invalid', `revocation list: ${detail}`)
