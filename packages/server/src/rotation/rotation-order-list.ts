import type { RotationOrderPage, RotationOrderView } from '@sanad/protocol/operator-api/keys'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { instant } from '../platform/instant.ts'
import '../operators/operator-tables.ts'
import { encodePlace, isBehind, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import './rotation-tables.ts'

/** Orders to rotate as operators see them: newest first, with how far each has come. */

interface Row {
  readonly orderId: string
  readonly reason: Reason
  readonly orderedAt: Date
  readonly orderedBy: string
  readonly windowStart: Date
  readonly windowEnd: Date
  readonly isCancelled: boolean
  readonly isWaiting: boolean
  readonly devices: number
  readonly rotated: number
  /** Gathered so far. */
  readonly filled: number
  readonly isFilling: boolean
  /** Of a cancelled one: how many waited when it was cancelled; null: all are let go. */
  readonly toCancel: number | null
  readonly waiting: number
}

const DEFAULT_LIMIT = 50

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listOrders(
  database: Database,
  { after, limit = DEFAULT_LIMIT }: { readonly after?: string; readonly limit?: number },
): Promise<RotationOrderPage> {
  const isBefore =
    after === undefined ? sql`true` : isBehind(after, sql`(o.ordered_at, o.order_id)`)
  // Those of campaigns are shown with their campaigns.
  const place = sql`${isBefore} and not o.is_of_campaign`
  const rows = await readRows(database, place, limit + 1)
  const { items, next } = takePage(rows, limit, (last) => encodePlace(last.orderedAt, last.orderId))
  return { items: items.map(describe), next }
}

/** @throws SanadError `rotation-order.not-found` */
export async function readOrder(database: Database, orderId: string): Promise<RotationOrderView> {
  const [row] = await readRows(database, sql`o.order_id = ${orderId}::uuid`, 1)
  if (row === undefined) throw new SanadError('rotation-order.not-found')
  return describe(row)
}

async function readRows(
  database: Database,
  place: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select o.order_id as "orderId", o.reason, o.ordered_at as "orderedAt", p.name as "orderedBy",
      o.window_start as "windowStart", o.window_end as "windowEnd", o.cancelled_at is not null as "isCancelled",
      o.devices,
      (select count(*) from rotation_order_device one
        where one.order_id = o.order_id and one.outcome = 'rotated') as rotated,
      o.filled, case when o.settled_at is null then o.to_cancel end as "toCancel",
      case when o.cancelled_at is not null and o.settled_at is null then (
        select count(*) from rotation_order_device one
        where one.order_id = o.order_id and one.outcome is null) else 0 end as waiting,
      o.cancelled_at is null and o.filled_at is null as "isFilling",
      -- A device whose trust has ended will never come.
      exists (select from rotation_order_device one join device d using (device_id)
        where one.order_id = o.order_id and one.outcome is null
          and d.state in ('registered', 'suspended')) as "isWaiting"
    from rotation_order o join operator p on p.operator_id = o.ordered_by
    where ${place}
    order by o.ordered_at desc, o.order_id desc limit ${limit}::int`.execute(database)
  return rows
}

function describe(row: Row): RotationOrderView {
  const { orderId, reason, orderedBy, devices, rotated, isFilling, toCancel, waiting } = row
  const running = row.isWaiting || isFilling ? 'running' : 'done'
  return {
    orderId,
    reason,
    orderedAt: instant(row.orderedAt),
    orderedBy,
    windowStart: instant(row.windowStart),
    windowEnd: instant(row.windowEnd),
    state: row.isCancelled ? 'cancelled' : running,
    devices,
    rotated,
    filling: isFilling ? { done: row.filled, devices } : null,
    cancelling: toCancel === null ? null : { done: toCancel - waiting, devices: toCancel },
  }
}
