import { setImmediate as breathe } from 'node:timers/promises'
import {
  DerReader,
  type DerValue,
  eachChild,
  expectTag,
  readChildren,
  readDer,
} from '@sanad/protocol/asn1/read-der'
import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import {
  decodeBitString,
  decodeIntegerContent,
  decodeObjectIdentifier,
  decodeSmallInteger,
  decodeTime,
  decodeUnsignedInteger,
} from '@sanad/protocol/asn1/decode-der'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { type CertificateExtension, readExtensions } from '@sanad/protocol/asn1/x509'

/** A revocation list of anybody's, read strictly (RFC 5280 §5). Nothing is verified here. */
export interface ForeignList {
  readonly tbs: Uint8Array
  readonly signature: Uint8Array
  readonly signatureAlgorithm: string
  /** DER of the Name: compared byte for byte. */
  readonly issuer: Uint8Array
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  /** RFC 5280 §5.2.3: up to 20 octets; undefined where there is none. */
  readonly number: bigint | undefined
  readonly extensions: ReadonlyMap<string, CertificateExtension>
  /** Key identifier of the issuer, where the list names one. */
  readonly issuerKeyId: Uint8Array | undefined
  readonly scope: ListScope
  readonly entries: readonly ForeignEntry[]
  /** Of an entry, critical, and with a meaning that is not honoured here. */
  readonly strangeEntryExtension: string | undefined
}

/** Of what the list speaks: of every certificate of its issuer, or of others, or of less. */
export type ListScope = 'complete' | 'delta' | 'indirect' | 'partial'

export interface ForeignEntry {
  /** Content of the INTEGER, as {@link Certificate.serialNumber} has it. */
  readonly serialNumber: Uint8Array
  readonly revokedAt: number
  readonly reason: number | undefined
}

/** Twice a provider of a whole country; each entry is a row. */
const MOST_ENTRIES = 250_000
/** Between two of these everybody else has a turn: a list of 200,000 entries takes half a second to read. */
const ENTRIES_AT_ONCE = 1000

const CERTIFICATE_ISSUER = '2.5.29.29'
/** RFC 5280 §5.3: the reason and the date are understood; a hold instruction changes nothing here. */
const UNDERSTOOD_IN_ENTRIES: ReadonlySet<string> = new Set([OID.reasonCode])
/** RFC 5280 §5.3.1: the certificate is taken off the list. */
const REMOVE_FROM_CRL = 8
const NO_REASON = 7
const LAST_REASON = 10

/** @throws SanadError `ftm-revocation-list.malformed`, `ftm-revocation-list.too-large` */
export async function readForeignList(der: Uint8Array): Promise<ForeignList> {
  try {
    return await readStrictly(der)
  } catch (cause) {
    if (!(cause instanceof SanadError) || cause.code !== 'certificate.request-invalid') throw cause
    throw new SanadError('ftm-revocation-list.malformed', cause.message, { cause })
  }
}

async function readStrictly(der: Uint8Array): Promise<ForeignList> {
  const list = DerReader.ofSequence(der)
  const tbs = list.next(TAG.sequence)
  const algorithm = list.next(TAG.sequence)
  const signature = decodeBitString(list.next(TAG.bitString))
  list.end()

  const fields = new DerReader(tbs)
  // RFC 5280 §5.1.2.1: version 2 is written as 1.
  if (decodeSmallInteger(fields.next(TAG.integer)) !== 1) throw malformed('not version 2')
  if (!equalBytes(fields.next(TAG.sequence).bytes, algorithm.bytes))
    throw malformed('two signature algorithms')
  const issuer = fields.next(TAG.sequence).bytes
  const thisUpdate = decodeTime(fields.nextOfAny())
  const nextUpdate = decodeTime(fields.nextOfAny())
  const revoked = fields.optional(TAG.sequence)
  const extensions = readExtensions(readDer(fields.next(contextTag(0)).content))
  fields.end()
  if (extensions.size === 0) throw malformed('an empty list of extensions')
  return {
    tbs: tbs.bytes,
    signature,
    signatureAlgorithm: decodeObjectIdentifier(new DerReader(algorithm).next(TAG.objectIdentifier)),
    issuer,
    thisUpdate,
    nextUpdate,
    number: readNumber(extensions),
    extensions,
    issuerKeyId: readIssuerKeyId(extensions),
    ...(await readEntries(revoked, scopeOf(extensions))),
  }
}

function readNumber(extensions: ForeignList['extensions']): bigint | undefined {
  const extension = extensions.get(OID.crlNumber)
  if (extension === undefined) return undefined
  const magnitude = decodeUnsignedInteger(readDer(extension.value))
  if (magnitude.length > 20) throw malformed('a number too long')
  return BigInt(`0x${Buffer.from(magnitude).toString('hex')}`)
}

function readIssuerKeyId(extensions: ForeignList['extensions']): Uint8Array | undefined {
  const extension = extensions.get(OID.authorityKeyIdentifier)
  if (extension === undefined) return undefined
  const fields = DerReader.ofSequence(extension.value)
  const keyId = fields.optional(contextTag(0, false))
  fields.optional(contextTag(1))
  fields.optional(contextTag(2, false))
  fields.end()
  return keyId?.content
}

/**
 * RFC 5280 §5.2.4 and §5.2.5. A distribution point makes a list one of several, so what does not stand on it may
 * stand on another: a complete list has none.
 */
function scopeOf(extensions: ForeignList['extensions']): ListScope {
  if (extensions.has(OID.deltaListIndicator)) return 'delta'
  const point = extensions.get(OID.issuingDistributionPoint)
  if (point === undefined) return 'complete'
  const fields = readChildren(expectTag(readDer(point.value), TAG.sequence))
  const isIndirect = fields.some(
    ({ tag, content }) => tag === contextTag(4, false) && content[0] !== 0,
  )
  return isIndirect ? 'indirect' : 'partial'
}

type EntriesRead = Pick<ForeignList, 'entries' | 'scope' | 'strangeEntryExtension'>

async function readEntries(
  revoked: DerValue | undefined,
  listScope: ListScope,
): Promise<EntriesRead> {
  const entries = new Map<string, ForeignEntry>()
  let scope = listScope
  let strangeEntryExtension: string | undefined
  let count = 0
  for (const value of revoked === undefined ? [] : eachChild(revoked)) {
    if (++count > MOST_ENTRIES) throw new SanadError('ftm-revocation-list.too-large')
    if (count % ENTRIES_AT_ONCE === 0) await breathe()
    const { entry, critical } = readEntry(value)
    if (critical === CERTIFICATE_ISSUER) scope = 'indirect'
    else strangeEntryExtension ??= critical
    const key = Buffer.from(entry.serialNumber).toString('latin1')
    // Another reader would take the other of the two for the truth.
    if (entries.has(key) && scope !== 'indirect')
      throw malformed('a certificate stands on it twice')
    entries.set(key, entry)
  }
  // RFC 5280 §5.1.2.6: absent when nothing is revoked.
  if (revoked !== undefined && count === 0) throw malformed('an empty list of entries')
  const kept = [...entries.values()].filter(({ reason }) => reason !== REMOVE_FROM_CRL)
  return { entries: kept, scope, strangeEntryExtension }
}

function readEntry(value: DerValue): { entry: ForeignEntry; critical: string | undefined } {
  const fields = new DerReader(expectTag(value, TAG.sequence))
  // A copy: the list itself is not kept in memory for the sake of its serial numbers.
  const serialNumber = Uint8Array.from(decodeIntegerContent(fields.next(TAG.integer)))
  const revokedAt = decodeTime(fields.nextOfAny())
  const given = fields.optional(TAG.sequence)
  fields.end()
  if (given === undefined)
    return { entry: { serialNumber, revokedAt, reason: undefined }, critical: undefined }
  // Some makers of lists write an empty list of extensions in every entry: it says nothing, to any reader.
  const extensions = readExtensions(given)
  const reason = readReason(extensions.get(OID.reasonCode))
  const critical = [...extensions].find(
    ([name, { isCritical }]) => isCritical && !UNDERSTOOD_IN_ENTRIES.has(name),
  )
  return { entry: { serialNumber, revokedAt, reason }, critical: critical?.[0] }
}

function readReason(extension: CertificateExtension | undefined): number | undefined {
  if (extension === undefined) return undefined
  const { content } = expectTag(readDer(extension.value), TAG.enumerated)
  const [code = NO_REASON] = content
  if (content.length !== 1 || code > LAST_REASON || code === NO_REASON)
    throw malformed('a reason that is none')
  return code
}

const malformed = (detail: string): SanadError =>
  new SanadError('ftm-revocation-list.malformed', detail)
