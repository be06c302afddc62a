import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import './command-tables.ts'

/**
 * Those of the devices that commands wait for.
 *
 * @param now milliseconds since the epoch
 */
export async function findWaiting(
  database: Database,
  deviceIds: readonly string[],
  now: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ device_id: string }>`
    select distinct device_id from command
    where device_id = any(${deviceIds}::uuid[]) and state in ('queued', 'sent')
      and greatest(not_before, retry_after) <= ${new Date(now)}`.execute(database)
  return rows.map(({ device_id }) => device_id)
}
