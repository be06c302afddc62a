import { randomBytes } from 'node:crypto'
import { contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeBitString,
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeTime,
  encodeUnsignedInteger,
  encodeUtf8String,
} from '@sanad/protocol/asn1/write-der'
import type { SignInput } from '@sanad/protocol/wire/envelope/signing'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'

/**
 * A certificate that only carries a key: issued by the key itself, vouching for nothing.
 *
 * An L0 device has no chip that speaks for it, so its first messages carry their own new key this way.
 */

export interface CarrierCertificate {
  readonly commonName: string
  readonly spki: Uint8Array
  /** Trusted time, milliseconds since the epoch. */
  readonly at: number
}

const SHA256_WITH_RSA = encodeSequence(encodeObjectIdentifier(OID.sha256WithRsa), encodeNull())

export async function makeCarrierCertificate(
  { commonName, spki, at }: CarrierCertificate,
  signInput: SignInput,
): Promise<Uint8Array> {
  const name = encodeSequence(
    encodeSetOf(
      encodeSequence(encodeObjectIdentifier(OID.commonName), encodeUtf8String(commonName)),
    ),
  )
  const serialNumber = randomBytes(16)
  // RFC 5280 §4.1.2.2: positive; and never a byte shorter.
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40
  const validity = encodeSequence(
    encodeTime(new Date(at - HOUR_MS)),
    encodeTime(new Date(at + DAY_MS)),
  )
  const tbs = encodeSequence(
    encodeTagged(contextTag(0), encodeInteger(2)),
    encodeUnsignedInteger(serialNumber),
    SHA256_WITH_RSA,
    name,
    validity,
    name,
    spki,
  )
  return encodeSequence(tbs, SHA256_WITH_RSA, encodeBitString(await signInput(tbs)))
}
