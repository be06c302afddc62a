import type { NewRotationOrder } from '@sanad/protocol/operator-api/keys'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { HAS_KEY } from './add-to-order.ts'

/** Whom an order to rotate is for. */

/** The condition on `d`, a device. One that is not registered, or has no certificate in use, has no key to rotate. */
export async function chooseDevices(
  database: Database | DatabaseTransaction,
  { deviceIds, filter }: NewRotationOrder,
  now: number,
): Promise<RawBuilder<boolean>> {
  if ((deviceIds === undefined) === (filter === undefined))
    throw new SanadError('request.malformed', 'devices or a filter')
  const chosen =
    deviceIds === undefined
      ? conditionOf(await resolveFilter(database, filter ?? {}, now))
      : sql<boolean>`d.device_id = any(${deviceIds}::uuid[])`
  return sql<boolean>`${chosen} and ${HAS_KEY}`
}

/**
 * As {@link chooseDevices}, without looking whether each has a key: a million devices are counted in a fifth of a
 * second. A registered device without a certificate in use is rare, and is left out when its turn comes.
 */
export async function countRegistered(
  database: Database,
  { filter = {} }: NewRotationOrder,
  now: number,
): Promise<number> {
  const matching = conditionOf(await resolveFilter(database, filter, now))
  return countChosen(database, sql<boolean>`${matching} and d.state = 'registered'`)
}

export async function countChosen(
  database: Database | DatabaseTransaction,
  chosen: RawBuilder<boolean>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from device d where ${chosen}`.execute(database)
  return rows[0]?.count ?? 0
}
