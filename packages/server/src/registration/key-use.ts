import { sql } from 'kysely'
import '../certificates/certificate-tables.ts'
import type { ApprovedDevice } from './approved-devices.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { Registry } from './facts.ts'

/** What is on record about a new key: the certificate it got, or is about to get. */
export interface KeyUse {
  readonly use: Registry['keyUse']
  /** The certificate that this very registration brought, when only its answer was lost. */
  readonly issued?: { readonly der: Uint8Array; readonly providerCertificateId: string }
}

export interface KeyOfDevice {
  readonly device: Pick<ApprovedDevice, 'deviceId' | 'state'> | undefined
  /** Hex; undefined when the key cannot be read. */
  readonly spkiSha256: string | undefined
}

interface Row {
  readonly spki_sha256: string
  readonly device_id: string
  readonly state: 'planned' | 'issued' | 'abandoned'
  readonly status: string | null
  readonly der: Uint8Array | null
  readonly provider_certificate_id: string | null
  readonly is_overtaken: boolean
}

const NEVER: KeyUse = { use: 'never' }
const BEFORE: KeyUse = { use: 'before' }

/** In order; `never` without a device or a key that can be read. */
export async function findKeyUses(
  tx: DatabaseTransaction,
  keys: readonly KeyOfDevice[],
): Promise<readonly KeyUse[]> {
  const digests = keys.flatMap(({ spkiSha256 }) => spkiSha256 ?? [])
  if (digests.length === 0) return keys.map(() => NEVER)
  const { rows } = await sql<Row>`
    select i.spki_sha256, i.device_id, i.state, c.status, c.der, c.provider_certificate_id,
      -- Another key was faster: this one belongs to a registration that is over.
      exists (select from device_certificate other
        where other.device_id = i.device_id and other.issued_at >= i.planned_at) as is_overtaken
    from certificate_intent i left join device_certificate c using (serial_number)
    where i.spki_sha256 = any(${digests}::text[])`.execute(tx)
  const found = new Map(rows.map((row) => [row.spki_sha256, row]))
  return keys.map(({ device, spkiSha256 }) => {
    const row = found.get(spkiSha256 ?? '')
    return device === undefined || row === undefined ? NEVER : describeUse(device, row)
  })
}

function describeUse({ deviceId, state }: NonNullable<KeyOfDevice['device']>, row: Row): KeyUse {
  if (row.device_id !== deviceId || row.state === 'abandoned') return BEFORE
  if (row.state === 'planned') return row.is_overtaken ? BEFORE : { use: 'this-registration' }
  // A certificate of the device's life before its new approval: a repaired device comes with a new key.
  if (state !== 'registered') return BEFORE
  // Pending: a rotation was granted in time, and only its answer did not arrive before the old key ended.
  const isCurrent = row.status === 'active' || row.status === 'pending'
  if (!isCurrent || row.der === null || row.provider_certificate_id === null) return BEFORE
  return {
    use: 'this-registration',
    issued: { der: row.der, providerCertificateId: row.provider_certificate_id },
  }
}
