import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'

export interface ArrivedFacts {
  readonly deviceId: string
  readonly facts: DeviceFacts
}

/**
 * Puts what devices told over what was known of them, and keeps what changed: one statement for a batch, in the
 * transaction of the check-ins. Devices are those of the batch, each once.
 *
 * @param now the server’s time: a device’s own is not to be relied on here
 */
export async function mergeFacts(
  tx: DatabaseTransaction,
  arrived: readonly ArrivedFacts[],
  now: number,
): Promise<void> {
  if (arrived.length === 0) return
  const rows = arrived.map(({ deviceId, facts }) => ({ device_id: deviceId, facts }))
  await sql`
    with arrived as (
      select a.device_id, a.facts
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as a (device_id uuid, facts jsonb)
    ), changed as (
      select a.device_id, a.facts, (
        select jsonb_object_agg(told.key, jsonb_build_array(known.facts -> told.key, told.value))
        from jsonb_each(a.facts) as told
        where known.facts -> told.key is distinct from told.value
      ) as changes
      -- The check-ins’ rows are held: nobody else changes these meanwhile.
      from arrived a left join device_facts known using (device_id)
    ), kept as (
      insert into device_facts_change (device_id, at, changes)
      select device_id, ${new Date(now)}, changes from changed where changes is not null
    )
    insert into device_facts (device_id, facts, changed_at)
    select device_id, facts, ${new Date(now)} from changed where changes is not null
    on conflict (device_id) do update
      set facts = device_facts.facts || excluded.facts, changed_at = excluded.changed_at`.execute(
    tx,
  )
}
