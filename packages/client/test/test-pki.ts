import { type KeyObject, createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { contextTag } from '@sanad/protocol/asn1/tags'
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
  encodeUnsignedInteger,
  encodeUtf8String,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { KEY_USAGE } from '@sanad/protocol/asn1/x509'
import { DAY_MS, MINUTE_MS } from '@sanad/protocol/text/durations'

/** A small certificate authority for tests, with real keys. */

export interface TestAuthority {
  readonly key: KeyObject
  readonly der: Uint8Array
  readonly name: Uint8Array
}

export interface LeafOptions {
  readonly spki: Uint8Array
  readonly commonName: string
  readonly usage?: string
  /** DNS names or IPv4 addresses. */
  readonly names?: readonly string[]
  readonly notBefore?: number
  readonly notAfter?: number
  readonly isCa?: boolean
}

const RSA_SIGNATURE = encodeSequence(encodeObjectIdentifier(OID.sha256WithRsa), encodeNull())

export const makeRsaKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
export const spkiOf = (key: KeyObject): Uint8Array => key.export({ type: 'spki', format: 'der' })

export function makeAuthority(commonName: string): TestAuthority {
  const { privateKey: key, publicKey } = makeRsaKey()
  const name = encodeName(commonName)
  const der = issue(
    { key, name, der: new Uint8Array() },
    {
      spki: spkiOf(publicKey),
      commonName,
      isCa: true,
      notBefore: Date.now() - DAY_MS,
      notAfter: Date.now() + 365 * DAY_MS,
    },
  )
  return { key, name, der }
}

export function issue(authority: TestAuthority, options: LeafOptions): Uint8Array {
  const { notBefore = Date.now() - 5 * MINUTE_MS, notAfter = Date.now() + 30 * DAY_MS } = options
  const serialNumber = randomBytes(16)
  serialNumber[0] = 0x41
  const tbs = encodeSequence(
    encodeTagged(contextTag(0), encodeInteger(2)),
    encodeUnsignedInteger(serialNumber),
    RSA_SIGNATURE,
    authority.name,
    encodeSequence(encodeTime(new Date(notBefore)), encodeTime(new Date(notAfter))),
    encodeName(options.commonName),
    options.spki,
    encodeTagged(contextTag(3), encodeSequence(...encodeExtensions(options))),
  )
  const signature = sign('sha256', tbs, authority.key)
  return encodeSequence(tbs, RSA_SIGNATURE, encodeBitString(signature))
}

function encodeExtensions({ isCa = false, usage, names, spki }: LeafOptions): Uint8Array[] {
  const basic = isCa ? encodeSequence(encodeBoolean(true), encodeInteger(0)) : encodeSequence()
  const bits = isCa ? KEY_USAGE.keyCertSign : KEY_USAGE.digitalSignature
  const extensions = [
    encodeExtension(OID.basicConstraints, true, basic),
    encodeExtension(OID.keyUsage, true, encodeNamedBits(bits)),
    encodeExtension(
      OID.subjectKeyIdentifier,
      false,
      encodeOctetString(createHash('sha1').update(spki).digest()),
    ),
  ]
  if (usage !== undefined)
    extensions.push(
      encodeExtension(OID.extendedKeyUsage, false, encodeSequence(encodeObjectIdentifier(usage))),
    )
  if (names !== undefined)
    extensions.push(
      encodeExtension(
        OID.subjectAlternativeName,
        false,
        encodeSequence(...names.map(encodeAlternativeName)),
      ),
    )
  return extensions
}

const encodeAlternativeName = (name: string): Uint8Array =>
  /^[\d.]+$/.test(name)
    ? encodeTagged(contextTag(7, false), Uint8Array.from(name.split('.').map(Number)))
    : encodeTagged(contextTag(2, false), new TextEncoder().encode(name))

const encodeExtension = (name: string, critical: boolean, value: Uint8Array): Uint8Array =>
  encodeSequence(
    encodeObjectIdentifier(name),
    ...(critical ? [encodeBoolean(true)] : []),
    encodeOctetString(value),
  )

const encodeName = (commonName: string): Uint8Array =>
  encodeSequence(
    encodeSetOf(
      encodeSequence(encodeObjectIdentifier(OID.commonName), encodeUtf8String(commonName)),
    ),
  )

export const toPem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
