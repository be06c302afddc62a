import { createPublicKey } from 'node:crypto'
import { contextTag, TAG } from '@sanad/protocol/asn1/tags'
import { decodeObjectIdentifier, decodeSmallInteger } from '@sanad/protocol/asn1/decode-der'
import { DerReader } from '@sanad/protocol/asn1/read-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { decodeCertificates } from '../pem.ts'
import { X509Certificate } from '../x509.ts'
import { MosipRefusal, type MosipRefusalCode } from './mosip-refusal.ts'

/**
 * What MOSIP's key manager checks when a provider uploads its certificate, in its order and with its codes.
 *
 * keymanager › PartnerCertificateManagerServiceImpl.uploadPartnerCertificate.
 */

/** A year of the re-signed certificate less the grace of 30 days. */
const LEAST_DAYS_LEFT = 335
const LEAST_RSA_BITS = 2048

/** Java's `getSigAlgName` starts with "SHA2" for these and for nothing else. */
const ACCEPTED_SIGNATURES: ReadonlySet<string> = new Set([
  OID.sha256WithRsa,
  '1.2.840.113549.1.1.14', // SHA224withRSA
  '1.2.840.10045.4.3.1', // SHA224withECDSA
  '1.2.840.10045.4.3.2', // SHA256withECDSA
])

interface UploadTerms {
  /** As the partner is registered: compared case-sensitively. */
  readonly organisation: string
  /** Roots of the domain DEVICE. */
  readonly anchors: readonly X509Certificate[]
  readonly now: Date
}

/** @throws MosipRefusal */
export async function checkPartnerUpload(
  pem: string,
  terms: UploadTerms,
): Promise<X509Certificate> {
  const certificate = readUpload(pem)
  checkDates(certificate, terms.now)
  await checkTrust(certificate, terms.anchors)
  checkContent(certificate, terms.organisation)
  return certificate
}

function readUpload(pem: string): X509Certificate {
  try {
    const [der, ...more] = decodeCertificates(pem)
    if (der === undefined || more.length > 0) throw new MosipRefusal('KER-PCM-001')
    return new X509Certificate(der)
  } catch (cause) {
    throw new MosipRefusal('KER-PCM-001', { cause })
  }
}

function checkDates({ notBefore, notAfter }: X509Certificate, now: Date): void {
  // By calendar day, as MOSIP compares: a certificate of later today passes here and fails the next check.
  if (startOfDay(notBefore) > startOfDay(now)) throw new MosipRefusal('KER-PMS-020')
  if (now < notBefore || now > notAfter) throw new MosipRefusal('KER-PCM-004')
  if (notAfter.getTime() - now.getTime() < LEAST_DAYS_LEFT * DAY_MS)
    throw new MosipRefusal('KER-KMS-021')
}

const startOfDay = (at: Date): number => Math.floor(at.getTime() / DAY_MS)

async function checkTrust(
  certificate: X509Certificate,
  anchors: readonly X509Certificate[],
): Promise<void> {
  if (await certificate.isSelfSigned()) throw new MosipRefusal('KER-PCM-015')
  // Revocation is not consulted: MOSIP switches it off.
  for (const anchor of anchors) {
    const isIssuer = certificate.issuer === anchor.subject
    if (isIssuer && (await certificate.verify({ publicKey: anchor, signatureOnly: true }))) return
  }
  throw new MosipRefusal('KER-PCM-006')
}

function checkContent(certificate: X509Certificate, organisation: string): void {
  const facts: readonly (readonly [boolean, MosipRefusalCode])[] = [
    [readVersion(certificate) === 3, 'KER-PCM-007'],
    [certificate.subjectName.getField('O')[0] === organisation, 'KER-PCM-008'],
    [!isWeakRsa(certificate), 'KER-PCM-013'],
    [ACCEPTED_SIGNATURES.has(readSignatureAlgorithm(certificate)), 'KER-PCM-014'],
    // MOSIP reads the common name without looking whether there is one, and fails without a code of its own.
    [certificate.subjectName.getField('CN').length > 0, 'KER-PCM-001'],
  ]
  for (const [holds, code] of facts) if (!holds) throw new MosipRefusal(code)
}

function readVersion(certificate: X509Certificate): number {
  const version = DerReader.ofSequence(new Uint8Array(certificate.rawData))
    .sequence()
    .optional(contextTag(0))
  // RFC 5280 §4.1: absent means v1, and the number is one less than the name.
  return version === undefined
    ? 1
    : decodeSmallInteger(new DerReader(version).next(TAG.integer)) + 1
}

function readSignatureAlgorithm(certificate: X509Certificate): string {
  const fields = DerReader.ofSequence(new Uint8Array(certificate.rawData))
  fields.next(TAG.sequence)
  return decodeObjectIdentifier(fields.sequence().next(TAG.objectIdentifier))
}

/** The size of other keys MOSIP does not look at. */
function isWeakRsa({ publicKey }: X509Certificate): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' })
  return (
    key.asymmetricKeyType === 'rsa' &&
    (key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS
  )
}
