import type {
  DeviceFactsChanges,
  DeviceFactsChangesQuery,
  DeviceFactsView,
} from '@sanad/protocol/operator-api/facts'
import type { DeviceFacts, FactName } from '@sanad/protocol/domain/device-facts'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import { encodePlace, isBehind, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import '../devices/device-tables.ts'
import { instantOrNull } from '../platform/instant.ts'

/** What is known of a device, now or at another time, and how it changed. */

const DEFAULT_LIMIT = 50

/** From what it was to what it became; null where it was not known. */
type Changes = Readonly<Record<string, readonly [string | number | null, string | number]>>

export async function readFacts(
  database: Database,
  deviceId: string,
  at: number,
): Promise<DeviceFactsView> {
  await requireDevice(database, deviceId)
  // What is known now, with all that changed since taken back: of each fact, what it was before its first
  // change after that time.
  const { rows } = await sql<{ facts: DeviceFacts; changed_at: Date | null }>`
    with taken_back as (
      select distinct on (change.key) change.key, change.value -> 0 as was
      from device_facts_change c, jsonb_each(c.changes) as change
      where c.device_id = ${deviceId}::uuid and c.at > ${new Date(at)}
      order by change.key, c.at, c.change_id
    )
    select jsonb_strip_nulls(f.facts
        || coalesce((select jsonb_object_agg(key, was) from taken_back), '{}')) as facts,
      (select max(c.at) from device_facts_change c
        where c.device_id = f.device_id and c.at <= ${new Date(at)}) as changed_at
    from device_facts f where f.device_id = ${deviceId}::uuid`.execute(database)
  const { facts = {}, changed_at: changedAt = null } = rows[0] ?? {}
  return { at: formatTimestamp(at), changedAt: instantOrNull(changedAt), facts }
}

/** As the device said it last; undefined where it never did. Not proven to be the name of a zone. */
export async function findTimeZone(
  database: Database,
  deviceId: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ zone: string | null }>`
    select facts ->> 'timeZone' as zone from device_facts
    where device_id = ${deviceId}::uuid`.execute(database)
  return rows[0]?.zone ?? undefined
}

/** Newest first. @throws SanadError `device.not-found`, `request.malformed` */
export async function listFactsChanges(
  database: Database,
  deviceId: string,
  { from, to, after, limit = DEFAULT_LIMIT }: DeviceFactsChangesQuery,
): Promise<DeviceFactsChanges> {
  await requireDevice(database, deviceId)
  const place = after === undefined ? sql`true` : isBehind(after, sql`(at, change_id)`, 'number')
  const { rows } = await sql<{ change_id: number; at: Date; changes: Changes }>`
    select change_id, at, changes from device_facts_change
    where device_id = ${deviceId}::uuid
      and at >= ${from ?? '-infinity'}::timestamptz and at <= ${to ?? 'infinity'}::timestamptz
      and ${place}
    order by at desc, change_id desc limit ${limit + 1}::int`.execute(database)
  const { items, next } = takePage(rows, limit, (last) => encodePlace(last.at, last.change_id))
  return {
    items: items.map(({ at, changes }) => ({
      at: formatTimestamp(at.getTime()),
      changes: Object.entries(changes).map(([name, [was, became]]) => ({
        // Of the closed list when it was written.
        name: name as FactName,
        from: was,
        to: became,
      })),
    })),
    next,
  }
}

async function requireDevice(database: Database, deviceId: string): Promise<void> {
  const row = await database
    .selectFrom('device')
    .select('device_id')
    .where('device_id', '=', deviceId)
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('device.not-found')
}
