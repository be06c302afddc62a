import { X509Certificate } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Certificate, parseCertificate, readBasicConstraints } from '@sanad/protocol/asn1/x509'

/**
 * The management roots that this client was given, and nothing else, tell the right server from any other.
 *
 * MDS 0.9.5 › Management Client, 6. The certificates of the operating system do not count.
 */

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** @throws SanadError `client.configuration-invalid` */
export function readPinnedRoots(pem: string): readonly Certificate[] {
  const roots = (pem.match(PEM) ?? []).map(readRoot)
  if (roots.length === 0)
    throw new SanadError('client.configuration-invalid', 'no certificate in managementRoot')
  return roots
}

function readRoot(pem: string): Certificate {
  try {
    const root = parseCertificate(new X509Certificate(pem).raw)
    if (readBasicConstraints(root).isCa) return root
  } catch (error) {
    throw new SanadError('client.configuration-invalid', 'managementRoot', { cause: error })
  }
  throw new SanadError('client.configuration-invalid', 'managementRoot is not a CA')
}
