import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './device-tables.ts'

/** The server itself suspends; whether to resume or to block is an operator’s to say. */

/** Locks the records in one order, before anything else of theirs is written. */
export async function holdDevices(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<void> {
  if (deviceIds.length === 0) return
  await sql`
    select from device where device_id = any(${deviceIds}::uuid[])
    order by device_id for update`.execute(tx)
}

/** @returns those that were registered; the others stay as they are */
export async function suspendDevices(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (deviceIds.length === 0) return new Set()
  const { rows } = await sql<{ device_id: string }>`
    update device set state = 'suspended', revision = revision + 1, state_changed_at = now()
    where device_id = any(${deviceIds}::uuid[]) and state = 'registered'
    returning device_id`.execute(tx)
  return new Set(rows.map(({ device_id }) => device_id))
}
