import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { type RawBuilder, sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import { conditionOf, resolveFilter } from './device-filter.ts'

export interface Part {
  /** The last device of the part before; null: from the beginning. */
  readonly place: string | null
  readonly count: number
  /** Milliseconds since the epoch: what days and hours of the filter count from. */
  readonly now: number
  /** What must hold of `d`, a device, besides. */
  readonly also?: RawBuilder<boolean>
}

/** What a filter finds behind a place in the order of ids; read in that order, however many there are. */
export async function takeFound(
  tx: DatabaseTransaction,
  filter: DeviceFilter,
  { place, count, now, also = sql<boolean>`true` }: Part,
): Promise<readonly string[]> {
  const condition = conditionOf(await resolveFilter(tx, filter, now))
  const behind = place === null ? sql`true` : sql`d.device_id > ${place}::uuid`
  const { rows } = await sql<{ device_id: string }>`
    select d.device_id from device d where ${behind} and ${condition} and ${also}
    order by d.device_id limit ${count}::int`.execute(tx)
  return rows.map(({ device_id }) => device_id)
}
