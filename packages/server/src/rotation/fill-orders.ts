import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { sql } from 'kysely'
import { takeFound } from '../fleet/take-found.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import { workInTurn } from '../platform/work-in-turn.ts'
import { HAS_KEY, addDevices } from './add-to-order.ts'
import './rotation-tables.ts'

/**
 * Gathers the devices of orders to rotate that were given for too many to gather in a request: in the order of their
 * ids, a part in each transaction, with the place behind it. A server that dies in between goes on where it was.
 */

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
  workInTurn(
    () => listUnfilled(database),
    (id) => database.transaction().execute((tx) => fillPart(tx, id, clock(), atOnce)),
    signal,
  )

async function listUnfilled(database: Database): Promise<readonly string[]> {
  const rows = await database
    .selectFrom('rotation_order')
    .select('order_id')
    .where('filled_at', 'is', null)
    .orderBy('ordered_at')
    .execute()
  return rows.map(({ order_id }) => order_id)
}

interface Unfilled {
  readonly filter: DeviceFilter
  readonly orderedAt: Date
  readonly place: string | null
  readonly filled: number
}

async function fillPart(
  tx: DatabaseTransaction,
  orderId: string,
  now: number,
  atOnce: number,
): Promise<void> {
  // Before the row, as everywhere: other orders and a cancellation wait for this part.
  await sql`lock table rotation_order in share row exclusive mode`.execute(tx)
  const { rows } = await sql<Unfilled>`
    select filter, ordered_at as "orderedAt", fill_place as place, filled from rotation_order
    where order_id = ${orderId}::uuid and filled_at is null`.execute(tx)
  const [order] = rows
  if (order === undefined) return
  const { filter, place, filled } = order
  // Days and hours of a filter count from the order: what was previewed does not grow.
  const since = order.orderedAt.getTime()
  const part = { place, count: atOnce, now: since, also: HAS_KEY }
  const deviceIds = await takeFound(tx, filter, part)
  await addDevices(tx, orderId, deviceIds, filled)
  const last = deviceIds.at(-1)
  if (last !== undefined) await keepPlace(tx, orderId, last)
  if (deviceIds.length < atOnce) await finish(tx, orderId, new Date(now))
}

async function keepPlace(tx: DatabaseTransaction, orderId: string, place: string): Promise<void> {
  await tx
    .updateTable('rotation_order')
    .set({ fill_place: place })
    .where('order_id', '=', orderId)
    .execute()
}

async function finish(tx: DatabaseTransaction, orderId: string, at: Date): Promise<void> {
  await tx
    .updateTable('rotation_order')
    .set((eb) => ({ filled_at: at, devices: eb.ref('filled') }))
    .where('order_id', '=', orderId)
    .execute()
}
