import type { Reason } from '@sanad/protocol/domain/reasons'
import type { DeviceCertificateView } from '@sanad/protocol/operator-api/devices'
import type { Database } from '../platform/database.ts'
import { instant, instantOrNull } from '../platform/instant.ts'
import './certificate-tables.ts'
import { encodePem } from './der/pem.ts'

/** Those of a device, newest first. */
export async function readCertificates(
  database: Database,
  deviceId: string,
): Promise<DeviceCertificateView[]> {
  const rows = await database
    .selectFrom('device_certificate as c')
    .innerJoin('certificate_intent as i', 'i.serial_number', 'c.serial_number')
    .leftJoin('device_certificate as former', 'former.thumbprint_sha256', 'c.replaces')
    .selectAll('c')
    .select(['i.crl_url', 'former.serial_number as replaced_serial'])
    .where('c.device_id', '=', deviceId)
    .orderBy('c.not_before', 'desc')
    .orderBy('c.issued_at', 'desc')
    .limit(500)
    .execute()
  return rows.map((row) => ({
    serialNumber: row.serial_number,
    // Kept as in `x5t#S256`; shown as every certificate tool shows it.
    thumbprintSha256: Buffer.from(row.thumbprint_sha256, 'base64url').toString('hex'),
    spkiSha256: row.spki_sha256,
    notBefore: instant(row.not_before),
    notAfter: instant(row.not_after),
    status: row.status,
    providerCertificateId: row.provider_certificate_id,
    certificatePem: encodePem('CERTIFICATE', row.der),
    purpose: row.purpose,
    replaces: row.replaced_serial,
    issuedAt: instant(row.issued_at),
    confirmedAt: instantOrNull(row.confirmed_at),
    supersededAt: instantOrNull(row.superseded_at),
    revokedAt: instantOrNull(row.revoked_at),
    // Written by this program from the closed list, and by nobody else.
    revocationReason: row.revocation_reason as Reason | null,
    crlUrl: row.crl_url,
  }))
}
