import { createHash, X509Certificate } from 'node:crypto'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { isBounded } from '@sanad/protocol/wire/envelope/bounded-key'
import { requireSoundExtensions } from '@sanad/protocol/asn1/extension-forms'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  type Certificate,
  KEY_USAGE,
  parseCertificate,
  readBasicConstraints,
  readKeyUsage,
} from '@sanad/protocol/asn1/x509'
import { findKeyWeakness } from '../certificates/chain-strength.ts'

/** The certificate under which an FTM provider certifies its chips, read from PEM and found fit for that. */
export interface FtmProviderCertificate {
  readonly der: Uint8Array
  readonly sha256: Buffer
  /** RFC 4514 text, for people. */
  readonly subject: string
  readonly notBefore: Date
  readonly notAfter: Date
}

const UNDERSTOOD = new Set<string>([OID.basicConstraints, OID.keyUsage])

const SIGNATURE_ALGORITHMS = new Set<string>([
  OID.sha256WithRsa,
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  OID.ed25519,
])

const PEM = /^\s*-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----\s*$/

/**
 * MF §2.4b: an FTM provider’s own certificate is the trust anchor, so it must be a CA certificate.
 *
 * @throws SanadError `ftm-provider.certificate-invalid`
 */
export function readFtmProviderCertificate(pem: string, at: number): FtmProviderCertificate {
  const der = decodePem(pem)
  const certificate = parse(der)
  if (at < certificate.notBefore || at > certificate.notAfter) throw invalid('outside its dates')
  if (!readBasicConstraints(certificate).isCa) throw invalid('not a CA certificate')
  const usage = readKeyUsage(certificate)
  // RFC 5280 §4.2.1.3: a key that verifies certificates says so when it has a key usage at all.
  if (usage !== undefined && !usage.includes(KEY_USAGE.keyCertSign)) {
    throw invalid('its key usage does not allow it to sign certificates')
  }
  refuseUnknownExtensions(certificate)
  const x509 = new X509Certificate(der)
  refuseUnfitKey(certificate, x509)
  return {
    der,
    sha256: createHash('sha256').update(der).digest(),
    subject: x509.subject.split('\n').toReversed().join(', '),
    notBefore: new Date(certificate.notBefore),
    notAfter: new Date(certificate.notAfter),
  }
}

/** MF §2.3 and §2.4a: RSA of 2048 bits or more or Curve 25519, signed with SHA-2. */
function refuseUnfitKey(certificate: Certificate, x509: X509Certificate): void {
  const key = x509.publicKey
  if (!isBounded(key))
    throw invalid(
      'its key is none that MOSIP approves: RSA of 2048 to 4096 bits with the exponent 65537, or Ed25519',
    )
  const weakness = findKeyWeakness(certificate)
  if (weakness !== undefined) throw invalid(`its key is weak: ${weakness}`)
  if (!SIGNATURE_ALGORITHMS.has(certificate.signatureAlgorithm))
    throw invalid('not signed with SHA-2')
  const isSelfIssued = equalBytes(certificate.issuer, certificate.subject)
  if (isSelfIssued && !x509.verify(key)) throw invalid('its own signature does not verify')
}

/** RFC 5280 §4.2: a critical extension that is not understood refuses the certificate. */
function refuseUnknownExtensions(certificate: Certificate): void {
  for (const [name, { isCritical }] of certificate.extensions) {
    if (isCritical && !UNDERSTOOD.has(name)) throw invalid(`critical extension ${name}`)
  }
}

function decodePem(pem: string): Buffer {
  const [, body] = PEM.exec(pem) ?? []
  if (body === undefined) throw invalid('not one certificate in PEM')
  const base64 = body.replaceAll(/\s/g, '')
  const der = Buffer.from(base64, 'base64')
  if (der.toString('base64') !== base64) throw invalid('not base64')
  return der
}

function parse(der: Uint8Array): Certificate {
  try {
    const certificate = parseCertificate(der)
    requireSoundExtensions(certificate)
    // Of RSA, its key is written in one form.
    findKeyWeakness(certificate)
    return certificate
  } catch (cause) {
    throw new SanadError('ftm-provider.certificate-invalid', 'not an X.509 certificate', { cause })
  }
}

function invalid(why: string): SanadError {
  return new SanadError('ftm-provider.certificate-invalid', why)
}
