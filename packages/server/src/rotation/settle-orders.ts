import { sql } from 'kysely'
import { wakeDevices } from '../channel/wake-devices.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import { workInTurn } from '../platform/work-in-turn.ts'
import { letGo } from './cancel-order.ts'
import './rotation-tables.ts'

/**
 * What happens to orders to rotate while nobody looks: devices whose window begins are woken, those of a campaign
 * lapse, and those of a cancelled order are let go.
 */

export interface SettleOptions {
  readonly database: Database
  readonly clock: Clock
}

export const ROTATION_ORDERS_JOB = 'rotation-orders'
const EVERY_MS = 5_000
const AT_ONCE = 500

export const rotationOrdersJob = (options: SettleOptions): Job => ({
  name: ROTATION_ORDERS_JOB,
  everyMs: EVERY_MS,
  run: (signal) => settleOrders(options, signal),
})

export async function settleOrders(
  { database, clock }: SettleOptions,
  signal?: AbortSignal,
): Promise<void> {
  for (const step of [wakeDue, expire]) {
    let done = AT_ONCE
    while (done === AT_ONCE && signal?.aborted !== true)
      done = await database.transaction().execute((tx) => step(tx, new Date(clock())))
  }
  await workInTurn(
    () => listCancelled(database),
    (orderId) => database.transaction().execute((tx) => letGo(tx, orderId, new Date(clock()))),
    signal,
  )
}

/**
 * Each device when its own window begins: a fleet that is told at once must not arrive at once. It asks for commands,
 * and is told to check in.
 */
async function wakeDue(tx: DatabaseTransaction, now: Date): Promise<number> {
  const { rows } = await sql<{ device_id: string; isWaiting: boolean }>`
    with due as materialized (
      select order_id, device_id from rotation_order_device where wake_at <= ${now}
      order by wake_at limit ${AT_ONCE}::int for update skip locked
    )
    update rotation_order_device one set wake_at = null from due
    where one.order_id = due.order_id and one.device_id = due.device_id
    returning one.device_id, one.outcome is null as "isWaiting"`.execute(tx)
  await wakeDevices(
    tx,
    rows.filter(({ isWaiting }) => isWaiting).map(({ device_id }) => device_id),
  )
  return rows.length
}

async function expire(tx: DatabaseTransaction, now: Date): Promise<number> {
  const { rows } = await sql`
    with due as materialized (
      select order_id, device_id from rotation_order_device
      where outcome is null and expires_at <= ${now}
      order by expires_at limit ${AT_ONCE}::int for update skip locked
    )
    update rotation_order_device one set outcome = 'expired', settled_at = ${now}, wake_at = null from due
    where one.order_id = due.order_id and one.device_id = due.device_id
    returning one.device_id`.execute(tx)
  return rows.length
}

async function listCancelled(database: Database): Promise<readonly string[]> {
  const rows = await database
    .selectFrom('rotation_order')
    .select('order_id')
    .where('cancelled_at', 'is not', null)
    .where('settled_at', 'is', null)
    .orderBy('cancelled_at')
    .execute()
  return rows.map(({ order_id }) => order_id)
}
