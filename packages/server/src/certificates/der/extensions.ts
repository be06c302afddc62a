import { createHash } from 'node:crypto'
import { DerReader } from '@sanad/protocol/asn1/read-der'
import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import { decodeBitString } from '@sanad/protocol/asn1/decode-der'
import {
  encodeBoolean,
  encodeInteger,
  encodeNamedBits,
  encodeOctetString,
  encodeSequence,
  encodeTagged,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { encodeKnownIdentifier } from './known-identifiers.ts'

/** Extensions as RFC 5280 §4.2 writes them, each complete: identifier, criticality, value. */

const CRITICAL = encodeBoolean(true)

export function encodeExtension(oid: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  const identifier = encodeKnownIdentifier(oid)
  // DER leaves a DEFAULT out: a FALSE that is written would not be canonical.
  return isCritical
    ? encodeSequence(identifier, CRITICAL, encodeOctetString(value))
    : encodeSequence(identifier, encodeOctetString(value))
}

/** RFC 5280 §4.2.1.9: an end entity; cA is FALSE by default, so the sequence is empty. */
export const encodeEndEntity = (): Uint8Array =>
  encodeExtension(OID.basicConstraints, true, encodeSequence())

/** RFC 5280 §4.2.1.9 */
export function encodeAuthority(pathLength?: number): Uint8Array {
  const length = pathLength === undefined ? [] : [encodeInteger(pathLength)]
  return encodeExtension(OID.basicConstraints, true, encodeSequence(encodeBoolean(true), ...length))
}

/** RFC 5280 §4.2.1.3: critical. Bits by number, `KEY_USAGE` of @sanad/protocol/x509. */
export const encodeKeyUsage = (...bits: readonly number[]): Uint8Array =>
  encodeExtension(OID.keyUsage, true, encodeNamedBits(...bits))

export const encodeExtendedKeyUsage = (purpose: string): Uint8Array =>
  encodeExtension(OID.extendedKeyUsage, false, encodeSequence(encodeKnownIdentifier(purpose)))

export const encodeSubjectKeyIdentifier = (keyId: Uint8Array): Uint8Array =>
  encodeExtension(OID.subjectKeyIdentifier, false, encodeOctetString(keyId))

export const encodeAuthorityKeyIdentifierValue = (keyId: Uint8Array): Uint8Array =>
  encodeSequence(encodeTagged(contextTag(0, false), keyId))

export const encodeAuthorityKeyIdentifier = (keyId: Uint8Array): Uint8Array =>
  encodeExtension(OID.authorityKeyIdentifier, false, encodeAuthorityKeyIdentifierValue(keyId))

/** RFC 5280 §4.2.1.13: one distribution point, named by its URL. */
export function encodeCrlDistributionPointValue(url: string): Uint8Array {
  const uri = encodeTagged(contextTag(6, false), new TextEncoder().encode(url))
  const name = encodeTagged(contextTag(0), encodeTagged(contextTag(0), uri))
  return encodeSequence(encodeSequence(name))
}

export const encodeCrlDistributionPoint = (url: string): Uint8Array =>
  encodeExtension(OID.crlDistributionPoints, false, encodeCrlDistributionPointValue(url))

export interface AlternativeNames {
  readonly dns: readonly string[]
  readonly ip: readonly string[]
}

/** RFC 5280 §4.2.1.6 */
export function encodeAlternativeNames({ dns, ip }: AlternativeNames): Uint8Array {
  const names = [
    ...dns.map((name) => encodeTagged(contextTag(2, false), new TextEncoder().encode(name))),
    ...ip.map((address) => encodeTagged(contextTag(7, false), encodeAddress(address))),
  ]
  return encodeExtension(OID.subjectAlternativeName, false, encodeSequence(...names))
}

/** The bytes of an IPv4 or IPv6 address: 4 or 16 in network order. */
export function encodeAddress(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.').map(Number))
  const hosted = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = hosted.split('::')
  const start = head === '' ? [] : head.split(':')
  const end = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - start.length - end.length }, () => '0')
  const groups = [...start, ...zeros, ...end].map((group) => Number.parseInt(group, 16))
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** RFC 7093 §2, method 1: the first 160 bits of the SHA-256 of the key's bits. No SHA-1 anywhere. */
export function keyIdentifierOf(spki: Uint8Array): Uint8Array {
  const reader = DerReader.ofSequence(spki)
  reader.next(TAG.sequence)
  const bits = decodeBitString(reader.next(TAG.bitString))
  return createHash('sha256').update(bits).digest().subarray(0, 20)
}
