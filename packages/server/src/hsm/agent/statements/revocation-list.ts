import {
  contextTag,
  decodeSmallInteger,
  decodeTime,
  decodeUnsignedInteger,
  DerReader,
  readDer,
  TAG,
} from '@sanad/protocol/der'
import { refuse } from './refusal.ts'
import { readName, requireSha256WithRsa } from './tbs-certificate.ts'

/**
 * RFC 5280 §5.1: a TBSCertList, v2. Its grammar shares no byte string with TBSCertificate: here a time
 * follows the issuer, there a SEQUENCE of two.
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
  const revoked = list.optional(TAG.sequence)
  if (revoked !== undefined) requireEntries(new DerReader(revoked))
  const extensions = new DerReader(readDer(list.next(contextTag(0)).content))
  while (!extensions.isAtEnd) extensions.sequence()
  list.end()
}

function requireEntries(entries: DerReader): void {
  do {
    const entry = entries.sequence()
    decodeUnsignedInteger(entry.next(TAG.integer))
    decodeTime(entry.nextOfAny())
    entry.optional(TAG.sequence)
    entry.end()
  } while (!entries.isAtEnd)
}
