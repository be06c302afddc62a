import type { DeviceSelection } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import type { Database } from '../platform/database.ts'

/** Whom an act on many is for. */

/** What is kept: the devices, in the order of their ids, or the filter that finds them. */
export type KeptSelection =
  | { readonly deviceIds: readonly string[]; readonly filter?: never }
  | { readonly filter: DeviceFilter; readonly deviceIds?: never }

export const keep = (selection: DeviceSelection): KeptSelection =>
  'filter' in selection
    ? { filter: selection.filter }
    : { deviceIds: [...new Set(selection.deviceIds)].toSorted() }

/**
 * The condition on `d`, a device.
 *
 * @param now milliseconds since the epoch: what days and hours of the filter count from
 */
export async function conditionOfSelection(
  database: Database,
  { deviceIds, filter }: KeptSelection,
  now: number,
): Promise<RawBuilder<boolean>> {
  if (deviceIds !== undefined) return sql<boolean>`d.device_id = any(${deviceIds}::uuid[])`
  return conditionOf(await resolveFilter(database, filter, now))
}

/** @throws SanadError `device.not-found` for a device that is named and not there */
export async function countSelected(
  database: Database,
  selection: KeptSelection,
  now: number,
): Promise<number> {
  const condition = await conditionOfSelection(database, selection, now)
  const { rows } = await sql<{ count: number }>`
    select count(*) from device d where ${condition}`.execute(database)
  const count = rows[0]?.count ?? 0
  if (count < (selection.deviceIds?.length ?? 0)) throw new SanadError('device.not-found')
  return count
}
