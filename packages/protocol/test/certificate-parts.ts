import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { OID } from '../src/asn1/object-identifiers.ts'
import { contextTag, TAG } from '../src/asn1/tags.ts'
import {
  encodeBitString,
  encodeBoolean,
  encodeInteger,
  encodeNamedBits,
  encodeNull,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeTime,
  encodeUtf8String,
} from '../src/asn1/write-der.ts'
import { DAY_MS } from '../src/text/durations.ts'

/** The parts that certificates of tests are put together out of. */

export const NOW = Math.floor(Date.now() / 1000) * 1000

/** Of root and leaf alike. */
export const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const SPKI = keys.publicKey.export({ type: 'spki', format: 'der' })

const SHA256_WITH_RSA = encodeSequence(encodeObjectIdentifier(OID.sha256WithRsa), encodeNull())

export const nameOf = (text: string): Uint8Array =>
  encodeSequence(
    encodeSetOf(encodeSequence(encodeObjectIdentifier(OID.commonName), encodeUtf8String(text))),
  )

export const time = (text: string, tag: number = TAG.utcTime): Uint8Array =>
  encodeTagged(tag, new TextEncoder().encode(text))

export const extension = (oid: string, value: Uint8Array, critical?: boolean): Uint8Array =>
  encodeSequence(
    encodeObjectIdentifier(oid),
    ...(critical === undefined ? [] : [encodeBoolean(critical)]),
    encodeOctetString(value),
  )

export const bits = (...content: number[]): Uint8Array =>
  encodeTagged(TAG.bitString, Uint8Array.from(content))

export const dnsName = (text: string): Uint8Array =>
  encodeTagged(contextTag(2, false), new TextEncoder().encode(text))

export interface Parts {
  readonly version?: Uint8Array
  readonly serial?: Uint8Array
  readonly issuer?: Uint8Array
  readonly subject?: Uint8Array
  readonly notBefore?: Uint8Array
  readonly notAfter?: Uint8Array
  readonly spki?: Uint8Array
  readonly extensions?: readonly Uint8Array[]
  /** Between key and extensions. */
  readonly more?: readonly Uint8Array[]
  readonly wrapped?: Uint8Array
  readonly outerAlgorithm?: Uint8Array
  readonly signature?: (tbs: Uint8Array) => Uint8Array
  /** Instead of the key of all samples. */
  readonly signer?: KeyObject
}

export function certify(parts: Parts): Uint8Array {
  const tbs = encodeSequence(
    parts.version ?? encodeTagged(contextTag(0), encodeInteger(2)),
    parts.serial ?? encodeInteger(77),
    SHA256_WITH_RSA,
    parts.issuer ?? nameOf('Root'),
    encodeSequence(
      parts.notBefore ?? encodeTime(new Date(NOW - DAY_MS)),
      parts.notAfter ?? encodeTime(new Date(NOW + DAY_MS)),
    ),
    parts.subject ?? nameOf('Leaf'),
    parts.spki ?? SPKI,
    ...(parts.more ?? []),
    parts.wrapped ??
      encodeTagged(contextTag(3), encodeSequence(...(parts.extensions ?? LEAF_EXTENSIONS))),
  )
  const signature = parts.signature?.(tbs) ?? sign('sha256', tbs, parts.signer ?? keys.privateKey)
  return encodeSequence(tbs, parts.outerAlgorithm ?? SHA256_WITH_RSA, encodeBitString(signature))
}

export const KEY_USAGE = extension(OID.keyUsage, encodeNamedBits(0), true)

export const NO_CA = extension(OID.basicConstraints, encodeSequence(), true)

const LEAF_EXTENSIONS = [NO_CA, KEY_USAGE]

export const caExtensions = (...length: Uint8Array[]): Uint8Array[] => [
  extension(OID.basicConstraints, encodeSequence(encodeBoolean(true), ...length), true),
  extension(OID.keyUsage, encodeNamedBits(5, 6), true),
]

export const ROOT = certify({ subject: nameOf('Root'), extensions: caExtensions() })

export const with_ = (...extensions: Uint8Array[]): Uint8Array =>
  certify({ extensions: [...LEAF_EXTENSIONS, ...extensions] })

/** In place of the key usage. */
export const usage = (value: Uint8Array): Uint8Array =>
  certify({ extensions: [NO_CA, extension(OID.keyUsage, value, true)] })

export const constraints = (value: Uint8Array): Uint8Array =>
  certify({ extensions: [extension(OID.basicConstraints, value, true), KEY_USAGE] })
