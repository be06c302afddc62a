import { createHash } from 'node:crypto'
import type { IssuancePurpose } from '@sanad/protocol/domain/key-lifecycle'
import { type Selectable, sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { CertificateIntentTable } from './certificate-tables.ts'
import './certificate-tables.ts'

/** What was decided to be signed, on record before it is: the serial number and the very bytes. */
export interface IssuanceIntent {
  /** 32 hexadecimal digits. */
  readonly serialNumber: string
  readonly deviceId: string
  /** Lower-case hex. */
  readonly spkiSha256: string
  readonly providerCertificateId: string
  readonly tbs: Uint8Array
  readonly commonName: string
  readonly crlShard: number
  readonly crlUrl: string
  /** Milliseconds since the epoch, as all times here. */
  readonly plannedAt: number
  readonly notBefore: number
  readonly notAfter: number
  readonly previousNotBefore: number | undefined
  readonly purpose: IssuancePurpose
  /** Thumbprint of the certificate whose place it takes; none at registration. */
  readonly replaces: string | undefined
}

export const spkiDigest = (spki: Uint8Array): string =>
  createHash('sha256').update(spki).digest('hex')

/**
 * Writes the intents whose keys were never seen before.
 *
 * @returns the serial numbers of those that were written
 */
export async function insertIntents(
  tx: DatabaseTransaction,
  intents: readonly IssuanceIntent[],
): Promise<ReadonlySet<string>> {
  // In one order everywhere, so that two transactions with the same keys wait for each other and not in a ring.
  const ordered = intents.toSorted((a, b) => (a.spkiSha256 < b.spkiSha256 ? -1 : 1))
  const column = <T>(read: (intent: IssuanceIntent) => T): T[] => ordered.map(read)
  const { rows } = await sql<{ serial_number: string }>`
    insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id,
      planned_at, tbs, common_name, crl_shard, crl_url, not_before, not_after, previous_not_before, purpose,
      replaces)
    select * from unnest(
      ${column((intent) => intent.serialNumber)}::text[],
      ${column((intent) => intent.deviceId)}::uuid[],
      ${column((intent) => intent.spkiSha256)}::text[],
      ${column((intent) => intent.providerCertificateId)}::uuid[],
      ${column((intent) => new Date(intent.plannedAt))}::timestamptz[],
      ${column((intent) => Buffer.from(intent.tbs))}::bytea[],
      ${column((intent) => intent.commonName)}::text[],
      ${column((intent) => intent.crlShard)}::integer[],
      ${column((intent) => intent.crlUrl)}::text[],
      ${column((intent) => new Date(intent.notBefore))}::timestamptz[],
      ${column((intent) => new Date(intent.notAfter))}::timestamptz[],
      ${column(({ previousNotBefore: at }) => (at === undefined ? null : new Date(at)))}::timestamptz[],
      ${column((intent) => intent.purpose)}::text[],
      ${column((intent) => intent.replaces ?? null)}::text[])
    on conflict (spki_sha256) do nothing
    returning serial_number`.execute(tx)
  return new Set(rows.map((row) => row.serial_number))
}

/**
 * The open intents for these keys, by key: what a crash between plan and record left behind. A key whose
 * intent is settled has none.
 */
export async function findOpenIntents(
  tx: DatabaseTransaction,
  spkiSha256: readonly string[],
): Promise<ReadonlyMap<string, IssuanceIntent>> {
  if (spkiSha256.length === 0) return new Map()
  const rows = await tx
    .selectFrom('certificate_intent')
    .selectAll()
    .where('spki_sha256', 'in', spkiSha256)
    .where('state', '=', 'planned')
    .execute()
  const intents = rows.flatMap((row) => readIntent(row) ?? [])
  return new Map(intents.map((intent) => [intent.spkiSha256, intent]))
}

function readIntent(row: Selectable<CertificateIntentTable>): IssuanceIntent | undefined {
  if (row.tbs === null) return undefined
  return {
    serialNumber: row.serial_number,
    deviceId: row.device_id,
    spkiSha256: row.spki_sha256,
    providerCertificateId: row.provider_certificate_id,
    tbs: row.tbs,
    commonName: row.common_name,
    crlShard: row.crl_shard,
    crlUrl: row.crl_url,
    plannedAt: row.planned_at.getTime(),
    notBefore: row.not_before.getTime(),
    notAfter: row.not_after.getTime(),
    previousNotBefore: row.previous_not_before?.getTime(),
    purpose: row.purpose,
    replaces: row.replaces ?? undefined,
  }
}
