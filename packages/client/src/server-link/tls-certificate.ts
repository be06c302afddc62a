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

/** @throws SanadError `client.wrong-server`, `client.tls-intercepted`, `client.server-certificate-outside-dates` */
export function requirePinnedServer(der: Uint8Array | undefined, expected: TlsExpectations): void {
  if (der === undefined) throw wrongServer('no certificate')
  const certificate = parse(der, expected)
  if (!expected.roots.some((root) => isIssuedBy(certificate, root)))
    throw isIntercepted(certificate, der, expected)
      ? intercepted(der)
      : wrongServer('TLS certificate not under the pinned root')
  if (readBasicConstraints(certificate).isCa) throw wrongServer('TLS certificate of a CA')
  if (readExtendedKeyUsage(certificate)?.includes(OID.serverAuthentication) !== true)
    throw wrongServer('TLS certificate not for servers')
  if (!isFor(der, expected.host)) throw wrongServer('TLS certificate of another host')
  requireDates(certificate, expected)
}

function requireDates({ notBefore, notAfter }: Certificate, { floor, now }: TlsExpectations): void {
  if (notAfter >= (now ?? floor) && notBefore <= (now ?? notBefore)) return
  const dates = [notBefore, notAfter].map((at) => new Date(at).toISOString().slice(0, 10))
  const trusted = new Date(now ?? floor).toISOString().slice(0, 10)
  throw new SanadError(
    'client.server-certificate-outside-dates',
    `valid ${dates.join(' to ')}; trusted time ${trusted}`,
  )
}

function parse(der: Uint8Array, { host }: TlsExpectations): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    // What opens TLS need not make certificates as strictly as ours are read.
    throw isFor(der, host) ? intercepted(der) : wrongServer('TLS certificate not readable', error)
  }
}

/** A certificate for our server by an authority of another name: a proxy or a firewall made it on the way. */
const isIntercepted = (
  { issuer }: Certificate,
  der: Uint8Array,
  { roots, host }: TlsExpectations,
): boolean => !roots.some(({ subject }) => equalBytes(issuer, subject)) && isFor(der, host)

function isIssuedBy(certificate: Certificate, root: Certificate): boolean {
  return (
    equalBytes(certificate.issuer, root.subject) &&
    ROOT_SIGNATURES.includes(certificate.signatureAlgorithm) &&
    new X509Certificate(certificate.der).verify(importSpki(root.spki))
  )
}

function isFor(der: Uint8Array, host: string): boolean {
  const certificate = read(der)
  // RFC 9525 §6.3: subject alternative names only, never the common name.
  const found =
    isIP(host) === 0
      ? certificate?.checkHost(host, { subject: 'never' })
      : certificate?.checkIP(host)
  return found !== undefined
}

function read(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

/** Characters of a stranger's name that the log takes. */
const LONGEST_ISSUER = 64

function intercepted(der: Uint8Array): SanadError {
  const [, name = 'an unnamed authority'] = /^CN=(.+)$/m.exec(read(der)?.issuer ?? '') ?? []
  const printable = name.replaceAll(/[^\p{L}\p{N}\p{P} ]/gu, '').slice(0, LONGEST_ISSUER)
  return new SanadError('client.tls-intercepted', `certificate issued by ${printable}`)
}

function wrongServer(detail: string, cause?: unknown): SanadError {
  return new SanadError('client.wrong-server', detail, cause === undefined ? undefined : { cause })
}
