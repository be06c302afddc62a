/** Certificates as PEM text, and back (RFC 7468 §5). */

export function encodeCertificates(certificates: readonly Buffer[]): string {
  return certificates.map(encodeCertificate).join('')
}

export function encodeCertificate(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

export function decodeCertificates(pem: string): Buffer[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)
  return [...blocks].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
}
