import { sql } from 'kysely'
import '../certificates/certificate-tables.ts'
import type { RevokedEntry } from '../certificates/der/revocation-list.ts'
import type { Database } from '../platform/database.ts'
import { crlReasonOf } from './crl-reason.ts'
import type { ListIssuer } from './issuers.ts'
import { KEEP_AFTER_END_MS } from './list-terms.ts'

interface Row {
  readonly crl_shard: number
  readonly serial_number: string
  readonly revoked_at: Date
  readonly revocation_reason: string | null
}

/**
 * What the lists of these shards hold. What was planned and given up is on them too: the HSM may have signed
 * it before the power failed, and nobody knows the certificate.
 */
export async function findRevoked(
  database: Database,
  { providerIds }: ListIssuer,
  shards: readonly number[],
  now: number,
): Promise<ReadonlyMap<number, readonly RevokedEntry[]>> {
  const after = new Date(now - KEEP_AFTER_END_MS)
  const { rows } = await sql<Row>`
    select * from (
      select crl_shard, serial_number, revoked_at, revocation_reason from device_certificate
      where status = 'revoked' and provider_certificate_id = any(${providerIds}::uuid[])
        and crl_shard = any(${shards}::integer[]) and not_after > ${after}
      union all
      select crl_shard, serial_number, settled_at, null from certificate_intent
      where state = 'abandoned' and provider_certificate_id = any(${providerIds}::uuid[])
        and crl_shard = any(${shards}::integer[]) and not_after > ${after}
    ) as revoked order by serial_number collate "C"`.execute(database)
  const byShard = new Map<number, RevokedEntry[]>(shards.map((shard) => [shard, []]))
  for (const row of rows) byShard.get(row.crl_shard)?.push(readEntry(row))
  return byShard
}

const readEntry = (row: Row): RevokedEntry => ({
  serialNumber: row.serial_number,
  revokedAt: row.revoked_at.getTime(),
  reason: crlReasonOf(row.revocation_reason),
})

/** Milliseconds since the epoch, of those serial numbers that are on record. */
export async function findEndsOf(
  database: Database,
  serialNumbers: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (serialNumbers.length === 0) return new Map()
  const { rows } = await sql<{ serial_number: string; not_after: Date }>`
    select serial_number, not_after from certificate_intent
    where serial_number = any(${serialNumbers}::text[])`.execute(database)
  return new Map(rows.map((row) => [row.serial_number, row.not_after.getTime()]))
}
