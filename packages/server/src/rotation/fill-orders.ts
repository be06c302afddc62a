import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { sql } from 'kysely'
import { takeFound } from '../fleet/take-found.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { type Part, fillInParts } from '../platform/fill-in-parts.ts'
import type { Job } from '../platform/schedule.ts'
import { HAS_KEY, addDevices } from './add-to-order.ts'
import { closeOrder } from './order-rows.ts'
import './rotation-tables.ts'

/** Gathers the devices of orders to rotate that were given for too many to gather in a request. */

export interface FillOptions {
  readonly database: Database
  readonly clock: Clock
}

export const ROTATION_FILLS_JOB = 'rotation-order-fills'
const EVERY_MS = 5_000
/** As in an act on many: device messages wait for no row of it for longer than some 100 ms. */
const AT_ONCE = 1_000

export const rotationFillsJob = (options: FillOptions): Job => ({
  name: ROTATION_FILLS_JOB,
  everyMs: EVERY_MS,
  run: (signal) => fillOrders(options, signal),
})

export const fillOrders = (
  { database, clock }: FillOptions,
  signal?: AbortSignal,
  atOnce: number = AT_ONCE,
): Promise<void> =>
  fillInParts(
    {
      database,
      list: () => listUnfilled(database),
      hold: holdUnfilled,
      atOnce: () => atOnce,
      find: findNext,
      work: (tx, order, part) => addPart(tx, order, part, clock()),
    },
    signal,
  )

async function listUnfilled(database: Database): Promise<readonly string[]> {
  const rows = await database
    .selectFrom('rotation_order')
    .select('order_id')
    .where('filled_at', 'is', null)
    .where('filter', 'is not', null)
    .orderBy('ordered_at')
    .execute()
  return rows.map(({ order_id }) => order_id)
}

interface Unfilled {
  readonly orderId: string
  readonly filter: DeviceFilter
  readonly orderedAt: Date
  readonly place: string | null
  readonly filled: number
}

async function holdUnfilled(
  tx: DatabaseTransaction,
  orderId: string,
): Promise<Unfilled | undefined> {
  // Before the row, as everywhere: other orders and a cancellation wait for this part.
  await sql`lock table rotation_order in share row exclusive mode`.execute(tx)
  const { rows } = await sql<Unfilled>`
    select order_id as "orderId", filter, ordered_at as "orderedAt", fill_place as place, filled
    from rotation_order where order_id = ${orderId}::uuid and filled_at is null`.execute(tx)
  return rows[0]
}

/** Days and hours of a filter count from the order: what was previewed does not grow. */
const findNext = (
  tx: DatabaseTransaction,
  { filter, orderedAt, place }: Unfilled,
  count: number,
): Promise<readonly string[]> =>
  takeFound(tx, filter, { place, count, now: orderedAt.getTime(), also: HAS_KEY })

async function addPart(
  tx: DatabaseTransaction,
  { orderId, filled }: Unfilled,
  { deviceIds, place, isLast }: Part,
  now: number,
): Promise<void> {
  await addDevices(tx, orderId, deviceIds, filled)
  if (place !== undefined)
    await tx
      .updateTable('rotation_order')
      .set({ fill_place: place })
      .where('order_id', '=', orderId)
      .execute()
  if (isLast) await closeOrder(tx, orderId, now)
}
