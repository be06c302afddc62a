import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeBitString,
  encodeBoolean,
  encodeInteger,
  encodeNamedBits,
  encodeNull,
  encodeObjectIdentifier,
  encodeOctetString,
  encodePrintableOrUtf8,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeTime,
  encodeUnsignedInteger,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'

/** Real certificates in small, because the portal reads them and verifies their signatures. */

interface Subject {
  readonly commonName: string
  readonly organisation: string
}

export interface Issuer {
  readonly subject: Subject
  readonly key: KeyObject
  readonly pem: string
}

interface Issuing {
  readonly subject: Subject
  readonly spki: Uint8Array
  readonly issuer: { readonly subject: Subject; readonly key: KeyObject }
  readonly notBefore: Date
  readonly notAfter: Date
  readonly isCa: boolean
}

const rsaSha256 = encodeSequence(encodeObjectIdentifier(OID.sha256WithRsa), encodeNull())

const attribute = (type: string, text: string): Uint8Array =>
  encodeSetOf(encodeSequence(encodeObjectIdentifier(type), encodePrintableOrUtf8(text)))

const name = ({ commonName, organisation }: Subject): Uint8Array =>
  encodeSequence(attribute(OID.organisation, organisation), attribute(OID.commonName, commonName))

const critical = (type: string, value: Uint8Array): Uint8Array =>
  encodeSequence(encodeObjectIdentifier(type), encodeBoolean(true), encodeOctetString(value))

function extensions(isCa: boolean): Uint8Array {
  // RFC 5280 §4.2.1.3: keyCertSign and cRLSign for an authority, digitalSignature for a device.
  const usage = isCa ? encodeNamedBits(5, 6) : encodeNamedBits(0)
  const constraints = isCa ? encodeSequence(encodeBoolean(true)) : encodeSequence()
  return encodeTagged(
    contextTag(3),
    encodeSequence(critical(OID.basicConstraints, constraints), critical(OID.keyUsage, usage)),
  )
}

/** A certificate as PEM, with its serial number in hex. */
export function issue(issuing: Issuing): { pem: string; der: Uint8Array; serialNumber: string } {
  const serial = randomBytes(16)
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f)
  const tbs = encodeSequence(
    encodeTagged(contextTag(0), encodeInteger(2)),
    encodeUnsignedInteger(serial),
    rsaSha256,
    name(issuing.issuer.subject),
    encodeSequence(encodeTime(issuing.notBefore), encodeTime(issuing.notAfter)),
    name(issuing.subject),
    issuing.spki,
    extensions(issuing.isCa),
  )
  const der = encodeSequence(
    tbs,
    rsaSha256,
    encodeBitString(sign('sha256', tbs, issuing.issuer.key)),
  )
  return { pem: pemOf(der), der, serialNumber: serial.toString('hex') }
}

export function makeAuthority(
  subject: Subject,
  above: { readonly subject: Subject; readonly key: KeyObject } | undefined,
  notBefore: Date,
  notAfter: Date,
): Issuer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const issuer = above ?? { subject, key: privateKey }
  const { pem } = issue({ subject, spki, issuer, notBefore, notAfter, isCa: true })
  return { subject, key: privateKey, pem }
}

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
