import Type from 'typebox'
import { CertificateSerial, Count, Instant, Sha256, Uuid } from '../../text/fields.ts'
import { Code, Reason, on, onDevice } from './row.ts'

/** Certificates: of devices, of the provider and of the server’s own keys. */

export const CERTIFICATE_EVENTS = {
  'certificate.issued': onDevice({
    serialNumber: CertificateSerial,
    spkiSha256: Sha256,
    thumbprintSha256: Sha256,
    notBefore: Instant,
    notAfter: Instant,
    providerCertificateId: Uuid,
  }),
  'certificate.issuance-abandoned': onDevice({ serialNumber: CertificateSerial, code: Code }),
  'certificate.revoked': onDevice({ serialNumber: CertificateSerial, reason: Reason }),
  'certificate.expired': onDevice({ serialNumber: CertificateSerial }),
  'revocation-lists.published': on({
    issuer: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    lists: Count,
    entries: Count,
  }),
  'provider-certificate.imported': on({
    providerCertificateId: Uuid,
    thumbprintSha256: Sha256,
    notAfter: Instant,
  }),
  'provider-certificate.retired': on({ providerCertificateId: Uuid }),
  'response-key.certified': on({ spkiSha256: Sha256, notAfter: Instant }),
  'tls-key.certified': on({ spkiSha256: Sha256, notAfter: Instant }),
} as const
