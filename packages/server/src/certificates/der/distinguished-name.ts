import { TAG } from '@sanad/protocol/asn1/tags'
import {
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeUtf8String,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { encodeKnownIdentifier } from './known-identifiers.ts'

/** The attributes that MOSIP keeps when it signs a provider's certificate again (MF §2.4b). */
export interface DistinguishedName {
  readonly country?: string
  readonly state?: string
  readonly locality?: string
  readonly organisation: string
  readonly organisationalUnit?: string
  readonly commonName: string
}

/** MF §2.4b: MOSIP rebuilds a subject in this order, so ours is in it from the start. */
const ORDER = [
  ['country', OID.country],
  ['state', OID.state],
  ['locality', OID.locality],
  ['organisation', OID.organisation],
  ['organisationalUnit', OID.organisationalUnit],
  ['commonName', OID.commonName],
] as const

export function encodeName(name: DistinguishedName): Uint8Array {
  return encodeSequence(
    ...ORDER.flatMap(([attribute, oid]) => {
      const value = name[attribute]
      return value === undefined ? [] : [encodeRelativeName(oid, value)]
    }),
  )
}

/** RFC 5280 §4.1.2.4: UTF8String; RFC 5280 Appendix A.1: a country is a PrintableString of two letters. */
export function encodeRelativeName(oid: string, value: string): Uint8Array {
  const text =
    oid === OID.country
      ? encodeTagged(TAG.printableString, new TextEncoder().encode(value))
      : encodeUtf8String(value)
  return encodeSetOf(encodeSequence(encodeKnownIdentifier(oid), text))
}
