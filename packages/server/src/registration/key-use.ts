import { sql } from 'kysely'
import '../certificates/certificate-tables.ts'
import type { ApprovedDevice } from '../devices/approved-device.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { Registry } from './decide.ts'

/** What is on record about a new key: the certificate it got, or is about to get. */
export interface KeyUse {
  readonly use: Registry['keyUse']
  /** The certificate that this very registration brought, when only its answer was lost. */
  readonly issued?: { readonly der: Uint8Array; readonly providerCertificateId: string }
}

export async function findKeyUse(
  tx: DatabaseTransaction,
  { deviceId, state }: Pick<ApprovedDevice, 'deviceId' | 'state'>,
  spkiSha256: string,
): Promise<KeyUse> {
  const row = await tx
    .selectFrom('certificate_intent as i')
    .leftJoin('device_certificate as c', 'c.serial_number', 'i.serial_number')
    .select(['i.device_id', 'i.state', 'c.status', 'c.der', 'c.provider_certificate_id'])
    .select(
      // Another key was faster: this one belongs to a registration that is over.
      sql<boolean>`exists (select from device_certificate other
        where other.device_id = i.device_id and other.issued_at >= i.planned_at)`.as(
        'is_overtaken',
      ),
    )
    .where('i.spki_sha256', '=', spkiSha256)
    .executeTakeFirst()
  if (row === undefined) return { use: 'never' }
  if (row.device_id !== deviceId || row.state === 'abandoned') return { use: 'before' }
  if (row.state === 'planned') return { use: row.is_overtaken ? 'before' : 'this-registration' }
  // A certificate of the device's life before its new approval: a repaired device comes with a new key.
  if (state !== 'registered') return { use: 'before' }
  if (row.status !== 'active' || row.der === null || row.provider_certificate_id === null)
    return { use: 'before' }
  return {
    use: 'this-registration',
    issued: { der: row.der, providerCertificateId: row.provider_certificate_id },
  }
}
