import { createHash } from 'node:crypto'
import type { Actor, Reason } from '@sanad/protocol/events'
import type { Certificate } from '@sanad/protocol/x509'
import { sql } from 'kysely'
import type pg from 'pg'
import { recordEvents } from '../audit/record-events.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
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

/** For the door of device messages: many at once, by a statement that PostgreSQL plans once. */
export async function findCertificatesByThumbprint(
  pool: pg.Pool,
  thumbprints: readonly string[],
): Promise<ReadonlyMap<string, DeviceCertificate>> {
  const { rows } = await pool.query<Row>({
    name: 'certificates-by-thumbprint',
    text: `select ${COLUMNS.join(', ')} from device_certificate where thumbprint_sha256 = any($1)`,
    values: [thumbprints],
  })
  return new Map(rows.map((row) => [row.thumbprint_sha256, readRow(row)]))
}

/** Newest first. */
export async function listDeviceCertificates(
  database: Database,
  deviceId: string,
): Promise<readonly DeviceCertificate[]> {
  const rows = await database
    .selectFrom('device_certificate')
    .select(COLUMNS)
    .where('device_id', '=', deviceId)
    .orderBy('not_before', 'desc')
    .orderBy('issued_at', 'desc')
    .execute()
  return rows.map(readRow)
}

export async function findPreviousNotBefore(
  tx: DatabaseTransaction,
  deviceId: string,
): Promise<number | undefined> {
  const row = await tx
    .selectFrom('device_certificate')
    .select((select) => select.fn.max('not_before').as('latest'))
    .where('device_id', '=', deviceId)
    .executeTakeFirst()
  return row?.latest?.getTime()
}

export async function findCertificateBySerial(
  tx: DatabaseTransaction,
  serialNumber: string,
): Promise<DeviceCertificate | undefined> {
  const row = await tx
    .selectFrom('device_certificate')
    .select(COLUMNS)
    .where('serial_number', '=', serialNumber)
    .executeTakeFirst()
  return row === undefined ? undefined : readRow(row)
}

/**
 * Settles the intent and stores the certificate, in one statement.
 *
 * @returns undefined when the intent was settled before; then nothing was written
 */
export async function settleIntent(
  tx: DatabaseTransaction,
  intent: IssuanceIntent,
  certificate: Certificate,
  now: number,
): Promise<DeviceCertificate | undefined> {
  const issuedAt = new Date(now)
  const thumbprint = createHash('sha256').update(certificate.der).digest('base64url')
  const { rows } = await sql<Row>`
    with settled as (
      update certificate_intent set state = 'issued', settled_at = ${issuedAt}, tbs = null
      where serial_number = ${intent.serialNumber} and state = 'planned'
      returning serial_number, device_id, spki_sha256, provider_certificate_id, crl_shard
    )
    insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
      provider_certificate_id, crl_shard, not_before, not_after, issued_at, der)
    select ${thumbprint}, serial_number, device_id, spki_sha256, provider_certificate_id, crl_shard,
      ${new Date(certificate.notBefore)}::timestamptz, ${new Date(certificate.notAfter)}::timestamptz,
      ${issuedAt}::timestamptz, ${Buffer.from(certificate.der)}::bytea
    from settled
    returning ${sql.join(COLUMNS.map((column) => sql.ref(column)))}`.execute(tx)
  const [row] = rows
  return row === undefined ? undefined : readRow(row)
}

/** Revokes whatever certificates of a device are not revoked. @returns how many that were */
export async function revokeDeviceCertificates(
  tx: DatabaseTransaction,
  { deviceId, reason, actor }: { deviceId: string; reason: Reason; actor: Actor },
  now: number,
): Promise<number> {
  const revoked = await tx
    .updateTable('device_certificate')
    .set({ status: 'revoked', revoked_at: new Date(now), revocation_reason: reason })
    .where('device_id', '=', deviceId)
    .where('status', '!=', 'revoked')
    .where('not_after', '>', new Date(now))
    .returning('serial_number')
    .execute()
  await recordEvents(
    tx,
    revoked.map(({ serial_number }) => ({
      type: 'certificate.revoked',
      actor,
      deviceId,
      data: { serialNumber: serial_number, reason },
    })),
  )
  return revoked.length
}
