import { type RawBuilder, sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import { SHARE_OF_ONE_WINDOW } from './add-to-order.ts'
import type { Span } from './order-rows.ts'
import './rotation-tables.ts'

/** The devices of an order that are gathered in its request, each with a window of its own. */

export async function overtakeOrders(
  tx: DatabaseTransaction,
  chosen: RawBuilder<boolean>,
  at: Date,
): Promise<void> {
  await sql`
    update rotation_order_device o set outcome = 'overtaken', settled_at = ${at}
    from device d
    where o.device_id = d.device_id and o.outcome is null and ${chosen}`.execute(tx)
}

/** @param isWoken each device, at the beginning of its window; false: it is being told already */
export async function spreadWindows(
  tx: DatabaseTransaction,
  orderId: string,
  chosen: RawBuilder<boolean>,
  { start, end }: Span,
  isWoken: boolean,
): Promise<Ordered> {
  const length = (end - start) / 1000
  const one = length * SHARE_OF_ONE_WINDOW
  const at = new Date(start)
  const { rows } = await sql<Ordered>`
    with chosen as (
      -- Serial numbers say nothing about when a device checks in, and are not the order of approval.
      select d.device_id, (row_number() over (order by d.device_id) - 1)::float8
        / greatest(count(*) over () - 1, 1) as place
      from device d where ${chosen}
    ), spread as (
      insert into rotation_order_device (order_id, device_id, ordered_at, wake_at, window_start, window_end)
      select ${orderId}::uuid, device_id, ${at}::timestamptz,
        case when ${isWoken} then ${at}::timestamptz + make_interval(secs => place * ${length - one}) end,
        ${at}::timestamptz + make_interval(secs => place * ${length - one}),
        ${at}::timestamptz + make_interval(secs => place * ${length - one} + ${one})
      from chosen
      returning device_id
    )
    select count(*) as devices, min(device_id::text) as some from spread`.execute(tx)
  return rows[0] ?? { devices: 0, some: null }
}

export interface Ordered {
  readonly devices: number
  /** One of them. */
  readonly some: string | null
}
