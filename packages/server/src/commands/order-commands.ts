import { randomUUID } from 'node:crypto'
import {
  type CommandOrderView,
  DEFAULT_LIFE_HOURS,
  type NewCommandOrder,
} from '@sanad/protocol/operator-api/commands'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { digestRequest } from '../platform/request-digest.ts'
import type { CommandSubject } from './command-events.ts'
import './command-tables.ts'

/** The rows of orders: who ordered what, for which devices, and within what time. */

interface Times {
  readonly orderedAt: Date
  readonly notBefore: Date
  readonly notAfter: Date
  /** The device is woken at once. */
  readonly isDue: boolean
}

export function timesOf(
  { notBefore, lifeHours = DEFAULT_LIFE_HOURS }: Pick<NewCommandOrder, 'notBefore' | 'lifeHours'>,
  now: number,
): Times {
  const begin = notBefore === undefined ? now : Math.max(parseTimestamp(notBefore), now)
  if (begin > now + MOST_AHEAD_MS) throw new SanadError('request.malformed', 'notBefore')
  return {
    orderedAt: new Date(now),
    notBefore: new Date(begin),
    notAfter: new Date(begin + lifeHours * HOUR_MS),
    isDue: begin === now,
  }
}

/** With the longest life this ends before a certificate of the command key is renewed. */
const MOST_AHEAD_MS = 30 * DAY_MS

/** @throws SanadError `request.conflict` for another request under the same id */
export async function isNewOrder(
  tx: DatabaseTransaction,
  order: NewCommandOrder,
  operatorId: string,
  at: Date,
): Promise<boolean> {
  const digest = digestRequest(order)
  const made = await tx
    .insertInto('command_order')
    .values({
      order_id: order.orderId,
      request_sha256: digest,
      ordered_at: at,
      ordered_by: operatorId,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('order_id')
    .executeTakeFirst()
  if (made !== undefined) return true
  const { request_sha256: known, ordered_by: by } = await tx
    .selectFrom('command_order')
    .select(['request_sha256', 'ordered_by'])
    .where('order_id', '=', order.orderId)
    .executeTakeFirstOrThrow()
  if (by !== operatorId || !digest.equals(known)) throw new SanadError('request.conflict')
  return false
}

export async function insertOrdered(
  tx: DatabaseTransaction,
  {
    orderId,
    deviceIds,
    command,
    maintenanceWindow,
  }: Pick<NewCommandOrder, 'orderId' | 'deviceIds' | 'command' | 'maintenanceWindow'>,
  operatorId: string,
  { orderedAt, notBefore, notAfter, isDue }: Times,
): Promise<readonly CommandSubject[]> {
  const { type, body } = command
  const ordered = deviceIds.map((deviceId) => ({ commandId: randomUUID(), deviceId, type }))
  await sql`
    insert into command (command_id, device_id, device_registered_at, order_id, type, body, ordered_at, ordered_by,
      not_before, not_after, maintenance_window, wake_at)
    select one.command_id, d.device_id, d.registered_at, ${orderId}::uuid, ${type}, ${JSON.stringify(body)}::jsonb,
      ${orderedAt}, ${operatorId}::uuid, ${notBefore}, ${notAfter}, ${jsonOrNull(maintenanceWindow)}::jsonb,
      ${isDue ? null : notBefore}::timestamptz
    from unnest(
      ${ordered.map(({ commandId }) => commandId)}::uuid[], ${deviceIds}::uuid[]
    ) with ordinality as one (command_id, device_id, turn) join device d using (device_id)
    order by one.turn`.execute(tx)
  return ordered
}

const jsonOrNull = (value: object | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value)

export async function readOrdered(database: Database, orderId: string): Promise<CommandOrderView> {
  const rows = await database
    .selectFrom('command')
    .select(['command_id', 'device_id'])
    .where('order_id', '=', orderId)
    .orderBy('place')
    .execute()
  const commands = rows.map((row) => ({ commandId: row.command_id, deviceId: row.device_id }))
  return { orderId, commands }
}
