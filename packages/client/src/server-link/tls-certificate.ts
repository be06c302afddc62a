import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { importSpki } from '@sanad/protocol/wire/envelope/certificates'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  type Certificate,
  parseCertificate,
  readBasicConstraints,
  readExtendedKeyUsage,
} from '@sanad/protocol/asn1/x509'

/**
 * Whether the other end of the TLS connection is the pinned server.
 *
 * Done here and not by OpenSSL, because OpenSSL asks the clock of the operating system for the time, and that
 * clock is not trusted. The rules are narrower than PKIX: directly under a pinned root, for this host, for
 * TLS servers, and valid at a time that the trusted clock allows.
 */

export interface TlsExpectations {
  readonly roots: readonly Certificate[]
  readonly host: string
  /**
   * The earliest time it can be; and, once it is known, the time that it is. Before that, the client accepts a
   * certificate that can be valid now: one that has not ended before the floor.
   */
  readonly floor: number
  readonly now: number | undefined
}

const ROOT_SIGNATURES: readonly string[] = [OID.sha256WithRsa, OID.ed25519]

/** @throws SanadError `client.wrong-server` */
export function requirePinnedServer(der: Uint8Array | undefined, expected: TlsExpectations): void {
  if (der === undefined) throw wrongServer('no certificate')
  const certificate = parse(der)
  const { notBefore, notAfter } = certificate
  if (notAfter < (expected.now ?? expected.floor) || notBefore > (expected.now ?? notBefore))
    throw wrongServer('TLS certificate outside its dates')
  if (!expected.roots.some((root) => isIssuedBy(certificate, root)))
    throw wrongServer('TLS certificate not under the pinned root')
  if (readBasicConstraints(certificate).isCa) throw wrongServer('TLS certificate of a CA')
  if (readExtendedKeyUsage(certificate)?.includes(OID.serverAuthentication) !== true)
    throw wrongServer('TLS certificate not for servers')
  if (!isFor(der, expected.host)) throw wrongServer('TLS certificate of another host')
}

function parse(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    throw wrongServer('TLS certificate not readable', error)
  }
}

function isIssuedBy(certificate: Certificate, root: Certificate): boolean {
  return (
    equalBytes(certificate.issuer, root.subject) &&
    ROOT_SIGNATURES.includes(certificate.signatureAlgorithm) &&
    new X509Certificate(certificate.der).verify(importSpki(root.spki))
  )
}

function isFor(der: Uint8Array, host: string): boolean {
  const certificate = new X509Certificate(der)
  // RFC 9525 §6.3: subject alternative names only, never the common name.
  const found =
    isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)
  return found !== undefined
}

function wrongServer(detail: string, cause?: unknown): SanadError {
  return new SanadError('client.wrong-server', detail, cause === undefined ? undefined : { cause })
}
