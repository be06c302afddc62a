import { sql } from 'kysely'
import type { NotDone } from '../devices/worked-off.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import './bulk-tables.ts'

/** Devices that an act on many did not change, one row for each. */
export async function insertFailures(
  tx: DatabaseTransaction,
  bulkActId: string,
  failures: readonly NotDone[],
): Promise<void> {
  if (failures.length === 0) return
  await sql`
    insert into bulk_act_failure (bulk_act_id, device_id, serial_no, code, detail)
    select ${bulkActId}::uuid, device_id, serial_no, code, detail from unnest(
      ${failures.map(({ deviceId }) => deviceId)}::uuid[], ${failures.map(({ serialNo }) => serialNo)}::text[],
      ${failures.map(({ code }) => code)}::text[], ${failures.map(({ detail }) => detail ?? null)}::text[]
    ) as one (device_id, serial_no, code, detail)`.execute(tx)
  await sql`
    update bulk_act set failed = failed + ${failures.length}::int
    where bulk_act_id = ${bulkActId}::uuid`.execute(tx)
}
