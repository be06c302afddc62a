import { DerReader, readDer } from '@sanad/protocol/asn1/read-der'
import { TAG } from '@sanad/protocol/asn1/tags'
import { OID, namesPurpose } from '@sanad/protocol/asn1/object-identifiers'
import {
  parseCertificate,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyUsage,
  readName,
  type Certificate,
} from '@sanad/protocol/asn1/x509'

/** What a certificate says, for people. Read here in the browser from its own bytes, not taken on trust. */
export interface CertificateFacts {
  readonly certificate: Certificate
  readonly subject: NameFacts
  readonly issuer: NameFacts
  readonly isSelfIssued: boolean
  readonly serialNumber: string
  readonly notBefore: string
  readonly notAfter: string
  readonly key: {
    readonly algorithm: 'rsa' | 'ed25519' | 'other'
    readonly bits: number | undefined
  }
  readonly signature: 'sha256-rsa' | 'ed25519' | 'other'
  readonly isCa: boolean
  readonly uses: readonly CertificateUse[]
}

export interface NameFacts {
  readonly commonName: string
  readonly organisation: string | undefined
}

export type CertificateUse =
  | 'digital-signature'
  | 'sign-certificates'
  | 'sign-crls'
  | 'device-signing'
  | 'management-response'
  | 'server-authentication'

export function readCertificate(pem: string): CertificateFacts {
  const certificate = parseCertificate(derOf(pem))
  return {
    certificate,
    subject: nameFacts(certificate.subject),
    issuer: nameFacts(certificate.issuer),
    isSelfIssued: sameBytes(certificate.subject, certificate.issuer),
    serialNumber: hex(certificate.serialNumber),
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    key: keyFacts(certificate),
    signature: signatureOf(certificate.signatureAlgorithm),
    isCa: readBasicConstraints(certificate).isCa,
    uses: usesOf(certificate),
  }
}

function derOf(pem: string): Uint8Array {
  const body = pem.replace(/-----[^-]+-----/g, '').replace(/\s+/g, '')
  return Uint8Array.from(atob(body), (character) => character.charCodeAt(0))
}

function nameFacts(name: Uint8Array): NameFacts {
  const [commonName = '–'] = readName(name, OID.commonName)
  const [organisation] = readName(name, OID.organisation)
  return { commonName, organisation }
}

function keyFacts({ spki, publicKeyAlgorithm }: Certificate): CertificateFacts['key'] {
  if (publicKeyAlgorithm === OID.ed25519) return { algorithm: 'ed25519', bits: 256 }
  if (publicKeyAlgorithm !== OID.rsaEncryption) return { algorithm: 'other', bits: undefined }
  const info = DerReader.ofSequence(spki)
  info.next(TAG.sequence)
  // RFC 8017 §A.1.1: the bit string holds RSAPublicKey, whose first member is the modulus.
  const key = readDer(info.next(TAG.bitString).content.subarray(1))
  const modulus = new DerReader(key).next(TAG.integer).content
  const leadingZero = modulus[0] === 0 ? 1 : 0
  return { algorithm: 'rsa', bits: (modulus.length - leadingZero) * 8 }
}

function signatureOf(algorithm: string): CertificateFacts['signature'] {
  if (algorithm === OID.sha256WithRsa) return 'sha256-rsa'
  return algorithm === OID.ed25519 ? 'ed25519' : 'other'
}

const USAGE_BITS: readonly (readonly [number, CertificateUse])[] = [
  [0, 'digital-signature'],
  [5, 'sign-certificates'],
  [6, 'sign-crls'],
]
const EXTENDED: readonly (readonly [string, CertificateUse])[] = [
  [OID.mosipDeviceSigning, 'device-signing'],
  [OID.managementResponse, 'management-response'],
  [OID.serverAuthentication, 'server-authentication'],
]

function usesOf(certificate: Certificate): CertificateUse[] {
  const bits = readKeyUsage(certificate) ?? []
  const extended = readExtendedKeyUsage(certificate) ?? []
  return [
    ...USAGE_BITS.filter(([bit]) => bits.includes(bit)),
    ...EXTENDED.filter(([name]) => namesPurpose(extended, name)),
  ].map(([, use]) => use)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))))
}

/**
 * Whether `issuer`’s key signed `issued`, and their names join byte for byte (RFC 5280 §6.1.3).
 * Undefined where the browser cannot tell.
 */
export async function isIssuedBy(
  issued: Certificate,
  issuer: Certificate,
): Promise<boolean | undefined> {
  if (!sameBytes(issued.issuer, issuer.subject)) return false
  if (issued.signatureAlgorithm !== OID.sha256WithRsa) return undefined
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('spki', new Uint8Array(issuer.spki), algorithm, false, [
    'verify',
  ])
  return crypto.subtle.verify(
    algorithm,
    key,
    new Uint8Array(issued.signature),
    new Uint8Array(issued.tbs),
  )
}
