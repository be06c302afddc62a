import { SanadError } from '@sanad/protocol/text/problems'

/** RFC 7468: certificates and requests as people exchange them. */

export function encodePem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})(?=.)/g, '$1\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}

/** All certificates in a text, in order. @throws SanadError `certificate.import-refused` when there is none */
export function decodeCertificates(pem: string): Uint8Array[] {
  const blocks = pem.matchAll(
    /-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END CERTIFICATE-----/g,
  )
  const certificates = [...blocks].map(([, text = '']) => Buffer.from(text, 'base64'))
  if (certificates.length === 0) {
    throw new SanadError('certificate.import-refused', 'no certificate in PEM form')
  }
  return certificates
}
