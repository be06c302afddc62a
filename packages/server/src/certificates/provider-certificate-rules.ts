import { createHash } from 'node:crypto'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { requirePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { requireSoundExtensions } from '@sanad/protocol/asn1/extension-forms'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  type Certificate,
  KEY_USAGE,
  parseCertificate,
  readBasicConstraints,
  readKeyUsage,
  readName,
  readSubjectKeyIdentifier,
} from '@sanad/protocol/asn1/x509'
import { decodeCertificates } from './der/pem.ts'

/** What MOSIP sent back, and what it has to be before anything is issued under it. No database, no clock. */

export interface ProviderChain {
  readonly certificate: Certificate
  /** Nearest first, the root last. */
  readonly issuers: readonly Certificate[]
}

export interface ProviderTerms {
  /** The name registered with MOSIP: O of every device certificate. */
  readonly organisation: string
  /** SubjectPublicKeyInfo of the provider's key in the HSM. */
  readonly spki: Uint8Array
  /** SHA-256 of the country's root, hex, when it was learned by another way than the file. */
  readonly rootSha256?: string
}

/** @throws SanadError `certificate.import-refused` */
export function readProviderChain(certificatePem: string, chainPem: string): ProviderChain {
  const [certificate, another] = readCertificates(certificatePem)
  if (certificate === undefined || another !== undefined)
    throw refuse('not exactly one certificate')
  return { certificate, issuers: orderIssuers(certificate, readCertificates(chainPem)) }
}

function readCertificates(pem: string): Certificate[] {
  try {
    const certificates = decodeCertificates(pem).map(parseCertificate)
    certificates.forEach(requireSoundExtensions)
    return certificates
  } catch (cause) {
    throw refuse('a certificate that cannot be read', cause)
  }
}

/** From the certificate upwards, in whatever order the file has them and with or without the certificate itself. */
function orderIssuers(certificate: Certificate, given: readonly Certificate[]): Certificate[] {
  const ordered: Certificate[] = []
  for (let below = certificate; !equalBytes(below.issuer, below.subject);) {
    const { issuer: name } = below
    const issuer = given.find((one) => equalBytes(one.subject, name) && !ordered.includes(one))
    if (issuer === undefined) throw refuse('the chain does not reach a root')
    ordered.push(issuer)
    below = issuer
  }
  return ordered
}

/**
 * MF §2.4b: what MOSIP's re-signing makes, and what has to be so for device certificates below it to verify.
 *
 * @throws SanadError `certificate.import-refused`
 */
export function checkProviderChain(
  { certificate, issuers }: ProviderChain,
  terms: ProviderTerms,
  now: number,
): void {
  if (!equalBytes(certificate.spki, terms.spki))
    throw refuse("the certificate is for another key than the HSM's")
  checkProfile(certificate, terms.organisation)
  const root = issuers.at(-1)
  if (root === undefined) throw refuse('it is self-signed, not signed by MOSIP')
  if (terms.rootSha256 !== undefined && terms.rootSha256 !== digestOf(root))
    throw refuse('the root is not the one that was named')
  requirePath(
    [certificate, ...issuers.slice(0, -1)],
    { anchors: [root], at: now, leaf: 'authority' },
    'certificate.import-refused',
  )
  checkPathLengths([certificate, ...issuers])
}

function checkProfile(certificate: Certificate, organisation: string): void {
  if (certificate.signatureAlgorithm !== OID.sha256WithRsa)
    throw refuse('not signed with SHA-256 and RSA')
  if (!readBasicConstraints(certificate).isCa) throw refuse('not a CA certificate')
  // RFC 5280 §4.2.1.9: critical in the certificate of a CA.
  if (certificate.extensions.get(OID.basicConstraints)?.isCritical !== true)
    throw refuse('its basic constraints are not critical')
  if (readKeyUsage(certificate)?.includes(KEY_USAGE.keyCertSign) !== true)
    throw refuse('may not sign certificates')
  if (readSubjectKeyIdentifier(certificate) === undefined)
    throw refuse('it has no subject key identifier')
  const organisations = readName(certificate.subject, OID.organisation)
  // MF §2.4a, 6: compared case-sensitively by MOSIP.
  if (organisations.length !== 1 || organisations[0] !== organisation)
    throw refuse('O is not the registered organisation')
  // MF §2.4a, 9: MOSIP reads it without asking whether it is there.
  if (readName(certificate.subject, OID.commonName).length === 0) throw refuse('it has no CN')
}

/** MF §2.4b: a device certificate comes below, so each issuer must allow one more than stands below it now. */
function checkPathLengths(authorities: readonly Certificate[]): void {
  for (const [below, issuer] of authorities.entries()) {
    const { pathLength } = readBasicConstraints(issuer)
    if (pathLength !== undefined && pathLength < below)
      throw refuse('path length: device certificates would not verify')
  }
}

export const digestOf = ({ der }: Certificate): string =>
  createHash('sha256').update(der).digest('hex')

const refuse = (detail: string, cause?: unknown): SanadError =>
  new SanadError('certificate.import-refused', detail, { cause })
