import { createHash } from 'node:crypto'
import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { DeviceCertificateStatus, DeviceCertificateTable } from './certificate-tables.ts'
import type { IssuanceIntent } from './issuance-intent.ts'

export interface DeviceCertificate {
  /** base64url of the SHA-256 of the DER, as in `x5t#S256`. */
  readonly thumbprint: string
  readonly serialNumber: string
  readonly deviceId: string
  readonly spkiSha256: string
  readonly providerCertificateId: string
  readonly status: DeviceCertificateStatus
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  readonly issuedAt: number
  readonly der: Uint8Array
}

const COLUMNS = [
  'thumbprint_sha256',
  'serial_number',
  'device_id',
  'spki_sha256',
  'provider_certificate_id',
  'status',
  'not_before',
  'not_after',
  'issued_at',
  'der',
] as const

type Row = Pick<DeviceCertificateTable, (typeof COLUMNS)[number]>

const readRow = (row: Row): DeviceCertificate => ({
  thumbprint: row.thumbprint_sha256,
  serialNumber: row.serial_number,
  deviceId: row.device_id,
  spkiSha256: row.spki_sha256,
  providerCertificateId: row.provider_certificate_id,
  status: row.status,
  notBefore: row.not_before.getTime(),
  notAfter: row.not_after.getTime(),
  issuedAt: row.issued_at.getTime(),
  der: row.der,
})

/** notBefore of each device's latest certificate, milliseconds since the epoch. */
export async function findPreviousNotBefore(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (deviceIds.length === 0) return new Map()
  const { rows } = await sql<{ device_id: string; latest: Date }>`
    select device_id, max(not_before) as latest from device_certificate
    where device_id = any(${deviceIds}::uuid[]) group by device_id`.execute(tx)
  return new Map(rows.map(({ device_id, latest }) => [device_id, latest.getTime()]))
}

export async function findCertificatesBySerial(
  tx: DatabaseTransaction,
  serialNumbers: readonly string[],
): Promise<readonly DeviceCertificate[]> {
  if (serialNumbers.length === 0) return []
  const rows = await tx
    .selectFrom('device_certificate')
    .select(COLUMNS)
    .where('serial_number', 'in', serialNumbers)
    .execute()
  return rows.map(readRow)
}

export interface SignedIntent {
  readonly intent: IssuanceIntent
  readonly der: Uint8Array
}

/**
 * Settles intents and stores their certificates, in one statement.
 *
 * @returns what was stored; an intent that was settled before stores nothing
 */
export async function settleIntents(
  tx: DatabaseTransaction,
  signed: readonly SignedIntent[],
  now: number,
): Promise<readonly DeviceCertificate[]> {
  const issuedAt = new Date(now)
  const certificates = signed.map((one) => describeSigned(one, now))
  const { rows } = await sql<{ serial_number: string }>`
    with signed as (
      select * from unnest(
        ${certificates.map(({ serialNumber }) => serialNumber)}::text[],
        ${certificates.map(({ thumbprint }) => thumbprint)}::text[],
        ${certificates.map(({ der }) => der)}::bytea[]
      ) as signed (serial_number, thumbprint_sha256, der)
    ), settled as (
      update certificate_intent i set state = 'issued', settled_at = ${issuedAt}, tbs = null
      from signed where i.serial_number = signed.serial_number and i.state = 'planned'
      returning i.serial_number, i.device_id, i.spki_sha256, i.provider_certificate_id, i.crl_shard,
        i.not_before, i.not_after, i.purpose, i.replaces
    )
    insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
      provider_certificate_id, crl_shard, not_before, not_after, issued_at, der, purpose, replaces, status,
      confirmed_at)
    select thumbprint_sha256, serial_number, device_id, spki_sha256, provider_certificate_id, crl_shard,
      not_before, not_after, ${issuedAt}::timestamptz, der, purpose, replaces,
      -- A rotated key counts from its first use on; until then the old one does.
      case purpose when 'rotation' then 'pending' else 'active' end,
      case purpose when 'rotation' then null else ${issuedAt}::timestamptz end
    from settled join signed using (serial_number)
    returning serial_number`.execute(tx)
  const stored = new Set(rows.map((row) => row.serial_number))
  return certificates.filter(({ serialNumber }) => stored.has(serialNumber))
}

const describeSigned = ({ intent, der }: SignedIntent, now: number): DeviceCertificate => ({
  thumbprint: createHash('sha256').update(der).digest('base64url'),
  serialNumber: intent.serialNumber,
  deviceId: intent.deviceId,
  spkiSha256: intent.spkiSha256,
  providerCertificateId: intent.providerCertificateId,
  status: intent.purpose === 'rotation' ? 'pending' : 'active',
  notBefore: intent.notBefore,
  notAfter: intent.notAfter,
  issuedAt: now,
  der: Buffer.from(der),
})

/** Revokes whatever certificates of a device are not revoked. @returns how many that were */
export async function revokeDeviceCertificates(
  tx: DatabaseTransaction,
  { deviceId, ...why }: { deviceId: string; reason: Reason; actor: Actor },
  now: number,
): Promise<number> {
  const events = await revokeCertificatesOf(tx, [deviceId], why, now)
  await recordEvents(tx, events)
  return events.length
}

/** Of many devices. @returns an event for each certificate, for the end of the caller's transaction */
export async function revokeCertificatesOf(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
  { reason, actor }: { reason: Reason; actor: Actor },
  now: number,
): Promise<readonly NewEvent[]> {
  const at = new Date(now)
  // What is past its end is no longer on revocation lists, but must not count beside a new one either.
  await sql`update device_certificate set status = 'expired'
    where device_id = any(${deviceIds}::uuid[]) and status in ('pending', 'active') and not_after <= ${at}`.execute(
    tx,
  )
  const { rows } = await sql<{ serial_number: string; device_id: string }>`
    update device_certificate
    set status = 'revoked', revoked_at = ${at}, revocation_reason = ${reason}
    where device_id = any(${deviceIds}::uuid[]) and status <> 'revoked' and not_after > ${at}
    returning serial_number, device_id`.execute(tx)
  return rows.map(({ serial_number, device_id }) => ({
    type: 'certificate.revoked',
    actor,
    deviceId: device_id,
    data: { serialNumber: serial_number, reason },
  }))
}
