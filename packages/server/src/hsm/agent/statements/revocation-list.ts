import { contextTag, TAG } from '@sanad/protocol/asn1/tags'
import {
  decodeBoolean,
  decodeObjectIdentifier,
  decodeSmallInteger,
  decodeTime,
  decodeUnsignedInteger,
} from '@sanad/protocol/asn1/decode-der'
import { DerReader, expectTag, readDer, type DerValue } from '@sanad/protocol/asn1/read-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { refuse } from './refusal.ts'
import { readName, requireSha256WithRsa } from './tbs-certificate.ts'

/** PN §1.6: a list that is signed today must not speak for a month. */
const LONGEST_LIFE_MS = 48 * HOUR_MS
/** RFC 5280 §5.3.1: keyCompromise, superseded, cessationOfOperation. removeFromCRL would hide a revocation. */
const REASONS: ReadonlySet<number | undefined> = new Set([1, 4, 5])
/** RFC 5280 §5.2, and whether critical. A delta indicator is not among them, nor an indirect list. */
const EXTENSIONS = new Map<string, boolean>([
  [OID.authorityKeyIdentifier, false],
  [OID.crlNumber, false],
  [OID.issuingDistributionPoint, true],
])

/**
 * RFC 5280 §5.1: a TBSCertList, v2, of the one form that this server makes. Its grammar shares no byte string
 * with TBSCertificate: here a time follows the issuer, there a SEQUENCE of two.
 */
export function checkRevocationList(bytes: Uint8Array): void {
  const list = DerReader.ofSequence(bytes)
  if (decodeSmallInteger(list.next(TAG.integer)) !== 1) refuse('the list is not v2')
  requireSha256WithRsa(list.sequence())
  readName(list.next(TAG.sequence))
  const thisUpdate = decodeTime(list.nextOfAny())
  // RFC 5280 §5.1.2.5: nextUpdate is required.
  const nextUpdate = decodeTime(list.nextOfAny())
  if (!(thisUpdate < nextUpdate)) refuse('the list ends before it begins')
  if (nextUpdate - thisUpdate > LONGEST_LIFE_MS) refuse('the list lives longer than two days')
  const revoked = list.optional(TAG.sequence)
  if (revoked !== undefined) requireEntries(new DerReader(revoked))
  requireListExtensions(readDer(list.next(contextTag(0)).content))
  list.end()
}

function requireEntries(entries: DerReader): void {
  do {
    const entry = entries.sequence()
    decodeUnsignedInteger(entry.next(TAG.integer))
    decodeTime(entry.nextOfAny())
    requireReason(entry.sequence())
    entry.end()
  } while (!entries.isAtEnd)
}

/** The reason code and nothing else: no certificate issuer, no invalidity date. */
function requireReason(extensions: DerReader): void {
  const reason = readExtension(extensions.sequence())
  extensions.end()
  if (reason.identifier !== OID.reasonCode || reason.isCritical)
    refuse('an entry has another extension than its reason')
  const { content } = expectTag(readDer(reason.value), TAG.enumerated)
  if (content.length !== 1 || !REASONS.has(content[0])) refuse('an entry has another reason')
}

function requireListExtensions(value: DerValue): void {
  const reader = new DerReader(expectTag(value, TAG.sequence))
  const seen = new Set<string>()
  while (!reader.isAtEnd) {
    const { identifier, isCritical, value: content } = readExtension(reader.sequence())
    if (EXTENSIONS.get(identifier) !== isCritical || seen.has(identifier))
      refuse(`the extension ${identifier} has no place here`)
    if (identifier === OID.crlNumber) decodeUnsignedInteger(readDer(content))
    if (identifier === OID.issuingDistributionPoint) requireFullName(content)
    seen.add(identifier)
  }
  if (seen.size !== EXTENSIONS.size) refuse('an extension is missing')
}

/** RFC 5280 §5.2.5: one URL, and end entities only; the list speaks for all reasons and for its issuer alone. */
function requireFullName(content: Uint8Array): void {
  const point = DerReader.ofSequence(content)
  const name = readDer(point.next(contextTag(0)).content)
  const uri = readDer(expectTag(name, contextTag(0)).content)
  expectTag(uri, contextTag(6, false))
  const onlyUsers = point.next(contextTag(1, false)).content
  if (onlyUsers.length !== 1 || onlyUsers[0] !== 0xff) refuse('the distribution point is not ours')
  point.end()
}

function readExtension(extension: DerReader) {
  const identifier = decodeObjectIdentifier(extension.next(TAG.objectIdentifier))
  const critical = extension.optional(TAG.boolean)
  const { content: value } = extension.next(TAG.octetString)
  extension.end()
  return { identifier, isCritical: critical !== undefined && decodeBoolean(critical), value }
}
