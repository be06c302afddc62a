import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './rotation-tables.ts'

/** An order is cancelled: it gathers no more devices, and those that wait are let go. */

/** As many as an act of an operator may lock; what is more is let go by the job `rotation-orders`. */
const LET_GO_AT_ONCE = 1_000

/**
 * @param atOnce devices that are let go in this transaction
 * @returns how many devices waited; undefined where nothing was left to cancel
 * @throws SanadError `rotation-order.not-found`
 */
export async function cancelOrder(
  tx: DatabaseTransaction,
  orderId: string,
  now: Date,
  atOnce: number = LET_GO_AT_ONCE,
): Promise<number | undefined> {
  await waitForParts(tx)
  const order = await tx
    .selectFrom('rotation_order')
    .select(['cancelled_at', 'filled_at'])
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirst()
  if (order === undefined) throw new SanadError('rotation-order.not-found')
  if (order.cancelled_at !== null) return undefined
  const waiting = await countWaiting(tx, orderId)
  await tx
    .updateTable('rotation_order')
    .set((eb) => ({
      cancelled_at: now,
      filled_at: eb.fn.coalesce('filled_at', eb.val(now)),
      to_cancel: waiting,
    }))
    .where('order_id', '=', orderId)
    .execute()
  await letGo(tx, orderId, now, atOnce)
  return waiting === 0 && order.filled_at !== null ? undefined : waiting
}

/**
 * Before any row: who gathers devices has the table first and then the rows, and waits for nobody who has a row and
 * wants the table.
 */
async function waitForParts(tx: DatabaseTransaction): Promise<void> {
  await sql`lock table rotation_order in row exclusive mode`.execute(tx)
}

/** Off an index. */
async function countWaiting(tx: DatabaseTransaction, orderId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from rotation_order_device
    where order_id = ${orderId}::uuid and outcome is null`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Lets the next devices of a cancelled order go; the last of them settle it. */
export async function letGo(
  tx: DatabaseTransaction,
  orderId: string,
  now: Date,
  atOnce: number = LET_GO_AT_ONCE,
): Promise<void> {
  await waitForParts(tx)
  const { rows } = await sql`
    update rotation_order_device set outcome = 'cancelled', settled_at = ${now}, wake_at = null
    where order_id = ${orderId}::uuid and device_id = any(array(
      select device_id from rotation_order_device
      where order_id = ${orderId}::uuid and outcome is null
      order by device_id limit ${atOnce}::int for update))
    returning device_id`.execute(tx)
  if (rows.length === atOnce) return
  await tx
    .updateTable('rotation_order')
    .set({ settled_at: now })
    .where('order_id', '=', orderId)
    .execute()
}
