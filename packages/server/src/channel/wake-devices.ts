import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'

/**
 * Tells every server process, at commit, that something waits for these devices: commands, or an order to rotate.
 * The one that holds the channel of a device wakes it. The payload is an id and nothing else.
 */
export async function wakeDevices(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<void> {
  if (deviceIds.length === 0) return
  await sql`
    select pg_notify('sanad_command', device_id)
    from unnest(${[...new Set(deviceIds)]}::text[]) as device_id`.execute(tx)
}
