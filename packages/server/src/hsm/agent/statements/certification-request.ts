import { contextTag, TAG } from '@sanad/protocol/asn1/tags'
import { decodeSmallInteger } from '@sanad/protocol/asn1/decode-der'
import { DerReader } from '@sanad/protocol/asn1/read-der'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { refuse } from './refusal.ts'
import { readName } from './tbs-certificate.ts'
import type { Signatory } from './certificates.ts'

/** RFC 2986 §4.1: a CertificationRequestInfo for the very key that signs it. */
export function checkCertificationRequest(bytes: Uint8Array, { key }: Signatory): void {
  const request = DerReader.ofSequence(bytes)
  if (decodeSmallInteger(request.next(TAG.integer)) !== 0) refuse('the request is not v1')
  readName(request.next(TAG.sequence))
  const spki = request.next(TAG.sequence)
  if (!equalBytes(spki.bytes, key.spki)) refuse('the request is not for the key that signs it')
  request.next(contextTag(0))
  request.end()
}
