import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './import-tables.ts'

/** Whether an import that is not applied yet puts devices into the group. */
export async function hasStagedRows(tx: DatabaseTransaction, groupId: string): Promise<boolean> {
  const { rows } = await sql`
    select where exists (
      select from device_import_row where group_id = ${groupId}::uuid)`.execute(tx)
  return rows.length > 0
}
