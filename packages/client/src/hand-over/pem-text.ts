import { X509Certificate } from 'node:crypto'

/** Certificates of DER, one after the other. */
export const encodePem = (certificates: readonly Uint8Array[]): string =>
  certificates.map((der) => new X509Certificate(der).toString()).join('')
