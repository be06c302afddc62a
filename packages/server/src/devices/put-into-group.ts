import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './device-tables.ts'

/**
 * Whatever group they were in; the records are locked in the order of their ids, as everywhere.
 *
 * @param groupId null: out of any
 * @returns how many changed their group
 */
export async function putIntoGroup(
  tx: DatabaseTransaction,
  groupId: string | null,
  deviceIds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ moved: number }>`
    with chosen as (
      select d.device_id from device d
      where d.device_id = any(${deviceIds}::uuid[]) and d.group_id is distinct from ${groupId}::uuid
      order by d.device_id for no key update
    ), moved as (
      update device d set group_id = ${groupId}::uuid, revision = revision + 1
      where d.device_id = any(array(select device_id from chosen))
      returning 1
    )
    select count(*) as moved from moved`.execute(tx)
  return rows[0]?.moved ?? 0
}
