import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeBitString,
  encodeBoolean,
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeNamedBits,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeTime,
  encodeUnsignedInteger,
  encodeUtf8String,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { encodeRsaSpki, idOfSpki } from '../key-objects.ts'
import type { HsmKey, KeyPurpose } from '../../hsm.ts'

/** Statements for tests, each part of which can be another than it should be. */

export const NOW = Date.UTC(2026, 10, 24)

const oid = encodeObjectIdentifier

export const nameOf = (commonName: string): Uint8Array =>
  encodeSequence(encodeSetOf(encodeSequence(oid(OID.commonName), encodeUtf8String(commonName))))

/** No one’s key: the checks look at its form only. */
export function rsaSpki(
  bits: number,
  { exponent = 65_537, last = 1, fill = 0x5a } = {},
): Uint8Array {
  const modulus = new Uint8Array(bits / 8).fill(fill)
  modulus[0] = 0xc0
  modulus[modulus.length - 1] = last
  const bytes = encodeInteger(exponent).subarray(2)
  return encodeRsaSpki(modulus, bytes)
}

export const ed25519Spki = (): Uint8Array =>
  encodeSequence(encodeSequence(oid(OID.ed25519)), encodeBitString(new Uint8Array(32).fill(7)))

export const extension = (identifier: string, value: Uint8Array, isCritical = false): Uint8Array =>
  encodeSequence(
    oid(identifier),
    ...(isCritical ? [encodeBoolean(true)] : []),
    encodeOctetString(value),
  )

export const basicConstraints = (isCa: boolean, ...more: Uint8Array[]): Uint8Array =>
  extension(
    OID.basicConstraints,
    encodeSequence(...(isCa ? [encodeBoolean(true)] : []), ...more),
    true,
  )

export const keyUsage = (...bits: number[]): Uint8Array =>
  extension(OID.keyUsage, encodeNamedBits(...bits), true)

export const extendedKeyUsage = (...usages: string[]): Uint8Array =>
  extension(OID.extendedKeyUsage, encodeSequence(...usages.map(oid)))

/** RFC 5280 §4.2.1.13: one distribution point, named by its URL. */
export const crlDistributionPoints = (): Uint8Array =>
  extension(OID.crlDistributionPoints, encodeSequence(encodeSequence(fullName())))

/** What a device certificate carries besides its constraints and key usage. */
export const deviceRest = (): Uint8Array[] => [
  extendedKeyUsage(OID.mosipDeviceSigning),
  crlDistributionPoints(),
]

export interface TbsParts {
  version?: number
  serial?: Uint8Array
  algorithm?: Uint8Array
  issuer?: Uint8Array
  subject?: Uint8Array
  notBefore?: number
  notAfter?: number
  spki?: Uint8Array
  extensions?: Uint8Array[]
  /** Between the key and the extensions. */
  more?: Uint8Array[]
}

const sha256WithRsa = (): Uint8Array => encodeSequence(oid(OID.sha256WithRsa), encodeNull())
/** RFC 4055 §5 */
export const sha384WithRsa = (): Uint8Array =>
  encodeSequence(oid('1.2.840.113549.1.1.12'), encodeNull())

export function tbsCertificate(parts: TbsParts = {}): Uint8Array {
  return encodeSequence(
    encodeTagged(contextTag(0), encodeInteger(parts.version ?? 2)),
    encodeUnsignedInteger(parts.serial ?? new Uint8Array(16).fill(0x41)),
    parts.algorithm ?? sha256WithRsa(),
    parts.issuer ?? nameOf('Provider'),
    encodeSequence(
      encodeTime(new Date(parts.notBefore ?? NOW)),
      encodeTime(new Date(parts.notAfter ?? NOW + 30 * DAY_MS)),
    ),
    parts.subject ?? nameOf('SERIAL1.MODEL'),
    parts.spki ?? rsaSpki(2048),
    ...(parts.more ?? []),
    encodeTagged(
      contextTag(3),
      encodeSequence(
        ...(parts.extensions ?? [basicConstraints(false), keyUsage(0), ...deviceRest()]),
      ),
    ),
  )
}

export interface ListParts {
  version?: Uint8Array[]
  algorithm?: Uint8Array
  thisUpdate?: number
  nextUpdate?: Uint8Array[]
  entries?: Uint8Array[]
  extensions?: Uint8Array[]
}

const enumerated = (code: number): Uint8Array => encodeTagged(TAG.enumerated, Uint8Array.of(code))

export const reasonCode = (code: number, isCritical = false): Uint8Array =>
  extension(OID.reasonCode, enumerated(code), isCritical)

/** @param extensions its reason, when left out */
export const listEntry = (...extensions: Uint8Array[]): Uint8Array =>
  encodeSequence(
    encodeInteger(77),
    encodeTime(new Date(NOW)),
    encodeSequence(...(extensions.length === 0 ? [reasonCode(1)] : extensions)),
  )

const LIST_URL = 'https://server.example/crl/0011223344556677/5.crl'
const listKeyId = extension(
  OID.authorityKeyIdentifier,
  encodeSequence(encodeTagged(contextTag(0, false), new Uint8Array(20).fill(3))),
)
const listNumber = extension(OID.crlNumber, encodeInteger(5))

const fullName = (): Uint8Array =>
  encodeTagged(
    contextTag(0),
    encodeTagged(
      contextTag(0),
      encodeTagged(contextTag(6, false), new TextEncoder().encode(LIST_URL)),
    ),
  )

/** RFC 5280 §5.2.5: flags by the numbers of their tags. */
export const distributionPoint = (flags: number[] = [1], isCritical = true): Uint8Array =>
  extension(
    OID.issuingDistributionPoint,
    encodeSequence(
      fullName(),
      ...flags.map((flag) => encodeTagged(contextTag(flag, false), Uint8Array.of(0xff))),
    ),
    isCritical,
  )

export const listExtensions = (
  point: Uint8Array = distributionPoint(),
  ...more: Uint8Array[]
): Uint8Array[] => [listKeyId, listNumber, point, ...more]

export function tbsCertList(parts: ListParts = {}): Uint8Array {
  const { entries = [listEntry()], extensions = listExtensions() } = parts
  return encodeSequence(
    ...(parts.version ?? [encodeInteger(1)]),
    parts.algorithm ?? sha256WithRsa(),
    nameOf('Provider'),
    encodeTime(new Date(parts.thisUpdate ?? NOW)),
    ...(parts.nextUpdate ?? [encodeTime(new Date(NOW + DAY_MS))]),
    ...(entries.length === 0 ? [] : [encodeSequence(...entries)]),
    encodeTagged(contextTag(0), encodeSequence(...extensions)),
  )
}

export const certificationRequestInfo = (spki: Uint8Array, version = 0): Uint8Array =>
  encodeSequence(
    encodeInteger(version),
    nameOf('Provider'),
    spki,
    encodeTagged(contextTag(0), new Uint8Array(0)),
  )

export function keyOf(purpose: KeyPurpose, spki: Uint8Array): HsmKey {
  const label = `sanad.${purpose}.1`
  return { purpose, label, id: idOfSpki(spki), spki, algorithm: 'RSA', modulusBits: 3072 }
}
