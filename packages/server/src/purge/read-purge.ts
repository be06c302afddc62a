import type { PurgeCertificateView, PurgeView } from '@sanad/protocol/operator-api/keys'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import type { Static } from 'typebox'
import type { Database } from '../platform/database.ts'
import './purge-tables.ts'

/** The latest purge that was ordered of a device; null when none was. */
export async function readPurge(database: Database, deviceId: string): Promise<PurgeView | null> {
  const row = await database
    .selectFrom('key_purge')
    .select(['state', 'ordered_at', 'due_at', 'confirmed_at', 'signers', 'keys'])
    .where('device_id', '=', deviceId)
    .orderBy('ordered_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return null
  return {
    state: row.state,
    orderedAt: instant(row.ordered_at),
    dueAt: instant(row.due_at),
    confirmedAt: row.confirmed_at === null ? null : instant(row.confirmed_at),
    keys: row.keys ?? row.signers.length,
  }
}

/** Of the latest purge that was confirmed. @throws SanadError `certificate.not-found` */
export async function readPurgeCertificate(
  database: Database,
  deviceId: string,
): Promise<Static<typeof PurgeCertificateView>> {
  const row = await database
    .selectFrom('key_purge')
    .select(['statement', 'statement_sha256', 'confirmed_at'])
    .where('device_id', '=', deviceId)
    .where('state', '=', 'confirmed')
    .orderBy('ordered_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  const { statement, statement_sha256: statementSha256, confirmed_at: at } = row ?? {}
  if (!statement || !statementSha256 || !at)
    throw new SanadError('certificate.not-found', 'no purge was confirmed')
  return { statement, statementSha256, confirmedAt: instant(at) }
}

const instant = (at: Date): string => formatTimestamp(at.getTime())
