import { randomUUID } from 'node:crypto'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type {
  NewRotationOrder,
  RotationOrderPreview,
  RotationOrderView,
} from '@sanad/protocol/operator-api/keys'
import { type Reason, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { type RawBuilder, sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import '../certificates/certificate-tables.ts'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import { instant } from '../platform/instant.ts'
import type { WorkedOff } from '../devices/worked-off.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { digestRequest } from '../platform/request-digest.ts'
import { HAS_KEY, SHARE_OF_ONE_WINDOW, addDevices } from './add-to-order.ts'
import { readOrder } from './rotation-order-list.ts'
import './rotation-tables.ts'
import type { SigningPace } from './signing-pace.ts'

/**
 * Operators’ orders to rotate keys before their time: one device, or a fleet.
 *
 * Each device is given a window of its own. All windows together are as long as the HSM needs, at the share of
 * its pace that rotations may take: a fleet that is told at once must not arrive at once.
 */

export interface RotationOrdersOptions {
  readonly database: Database
  readonly pace: Pick<SigningPace, 'forRotations'>
  readonly clock: Clock
  /** Devices that are gathered in the request. */
  readonly mostAtOnce?: number
}

/** Gathered in some tenths of a second, as long as any other request takes; what is more is gathered afterwards. */
const MOST_AT_ONCE = 5_000

interface Span {
  readonly start: number
  readonly end: number
}

/** A device hears of its order with its next check-in, within a day. */
const DEFAULT_HOURS = 24
const SHORTEST_SPAN_MS = 60_000

export class RotationOrders {
  readonly #options: RotationOrdersOptions

  constructor(options: RotationOrdersOptions) {
    this.#options = options
  }

  /** What the order would do, if it were given now. @throws SanadError `request.malformed` */
  async preview(order: NewRotationOrder): Promise<RotationOrderPreview> {
    const { database, pace } = this.#options
    const devices = await countChosen(
      database,
      await chooseDevices(database, order, this.#options.clock()),
    )
    const span = this.#spread(order, devices)
    return {
      devices,
      signingPerSecond: pace.forRotations,
      windowStart: instant(new Date(span.start)),
      windowEnd: instant(new Date(span.end)),
    }
  }

  /**
   * A device that waits for an earlier order follows this one. Where a filter finds many, they are gathered
   * afterwards by {@link fillOrders}.
   *
   * @throws SanadError `request.malformed`, `request.conflict`
   */
  async give(order: NewRotationOrder, operatorId: string): Promise<RotationOrderView> {
    const { database, clock, mostAtOnce = MOST_AT_ONCE } = this.#options
    const known = await findOrder(database, order, operatorId)
    if (known !== undefined) return readOrder(database, known)
    const chosen = await chooseDevices(database, order, clock())
    const devices = order.filter === undefined ? 0 : await countChosen(database, chosen)
    const orderId = await database
      .transaction()
      .execute((tx) =>
        devices > mostAtOnce
          ? this.#openToFill(tx, order, devices, operatorId)
          : this.#give(tx, order, chosen, operatorId),
      )
    return readOrder(database, orderId)
  }

  async #openToFill(
    tx: DatabaseTransaction,
    order: NewRotationOrder,
    devices: number,
    operatorId: string,
  ): Promise<string> {
    const { orderId = randomUUID(), filter } = order
    // The same request twice at once: the second waits for the first.
    await sql`lock table rotation_order in share row exclusive mode`.execute(tx)
    const known = await findOrder(tx, order, operatorId)
    if (known !== undefined) return known
    const expected = { devices, requestSha256: digestRequest(order), filter }
    await this.open(tx, { ...order, orderId }, expected, operatorId)
    return orderId
  }

  /**
   * An order whose devices come with {@link addTo}: so many are expected, and their windows are spread over as
   * much time. In the transaction of whoever works them off.
   */
  async open(
    tx: DatabaseTransaction,
    order: Pick<NewRotationOrder, 'reason' | 'note' | 'withinHours'> & { readonly orderId: string },
    expected: Expected,
    operatorId: string,
  ): Promise<void> {
    const span = this.#spread(order, expected.devices)
    await insertOrder(tx, order, span, expected, operatorId)
    const data = describeSpan(order, span, expected.devices)
    const actor = operatorActor(operatorId)
    const { note } = order
    await recordEvents(tx, [{ type: 'key.rotation-ordered', actor, data, note }])
  }

  /**
   * A part of the devices of an order that was opened.
   *
   * @param from how many came before them
   * @throws SanadError `rotation-order.not-found`
   */
  addTo(
    tx: DatabaseTransaction,
    orderId: string,
    deviceIds: readonly string[],
    from: number,
  ): Promise<WorkedOff> {
    return addDevices(tx, orderId, deviceIds, from)
  }

  /** One device, from now on, in the transaction of whoever tells it so. Call it late: it records. */
  async giveTo(
    tx: DatabaseTransaction,
    deviceId: string,
    reason: Reason,
    operatorId: string,
  ): Promise<void> {
    const order = { deviceIds: [deviceId], reason, withinHours: 0 }
    await this.#give(tx, order, await chooseDevices(tx, order, this.#options.clock()), operatorId)
  }

  async #give(
    tx: DatabaseTransaction,
    order: NewRotationOrder,
    chosen: RawBuilder<boolean>,
    operatorId: string,
  ): Promise<string> {
    const { orderId = randomUUID() } = order
    // One order after the other: a device waits for one at most.
    await sql`lock table rotation_order in share row exclusive mode`.execute(tx)
    // The same request twice at once: the second waited for the lock, and finds the first one’s.
    const known = await findOrder(tx, order, operatorId)
    if (known !== undefined) return known
    const span = this.#spread(order, await countChosen(tx, chosen))
    const at = new Date(span.start)
    const requestSha256 = digestRequest(order)
    await insertOrder(tx, { ...order, orderId }, span, { devices: 0, requestSha256 }, operatorId)
    await overtakeOrders(tx, chosen, at)
    const { devices, some } = await spreadWindows(tx, orderId, chosen, span)
    await tx
      .updateTable('rotation_order')
      .set({ devices, filled: devices })
      .where('order_id', '=', orderId)
      .execute()
    await recordEvents(tx, [
      {
        type: 'key.rotation-ordered',
        actor: operatorActor(operatorId),
        ...(devices === 1 && some !== null && { deviceId: some }),
        data: describeSpan({ orderId, reason: order.reason }, span, devices),
        note: order.note,
      },
    ])
    return orderId
  }

  /** What waits goes back to its schedule. Doing it twice is harmless. @throws SanadError `rotation-order.not-found` */
  async cancel(orderId: string, operatorId: string): Promise<RotationOrderView> {
    const { database, clock } = this.#options
    await database.transaction().execute(async (tx) => {
      const now = new Date(clock())
      const isUnfilled = await cancelOrder(tx, orderId, now)
      const { numUpdatedRows } = await tx
        .updateTable('rotation_order_device')
        .set({ outcome: 'cancelled', settled_at: now })
        .where('order_id', '=', orderId)
        .where('outcome', 'is', null)
        .executeTakeFirst()
      const devices = Number(numUpdatedRows)
      if (devices === 0 && !isUnfilled) return
      await recordEvents(tx, [
        {
          type: 'key.rotation-order-cancelled',
          actor: operatorActor(operatorId),
          data: { orderId, devices },
        },
      ])
    })
    return readOrder(database, orderId)
  }

  /** From now on, for as long as it was asked for, and as the HSM needs. */
  #spread(
    { withinHours = DEFAULT_HOURS }: Pick<NewRotationOrder, 'withinHours'>,
    devices: number,
  ): Span {
    const { pace, clock } = this.#options
    const needed = (devices / pace.forRotations) * 1000
    const start = clock()
    return {
      start,
      end: start + Math.ceil(Math.max(withinHours * HOUR_MS, needed, SHORTEST_SPAN_MS)),
    }
  }
}

/**
 * The order that this request made already, if it did.
 *
 * @throws SanadError `request.conflict` for another request under the same id
 */
async function findOrder(
  database: Database | DatabaseTransaction,
  order: NewRotationOrder,
  operatorId: string,
): Promise<string | undefined> {
  if (order.orderId === undefined) return undefined
  const known = await database
    .selectFrom('rotation_order')
    .select(['request_sha256', 'ordered_by'])
    .where('order_id', '=', order.orderId)
    .executeTakeFirst()
  if (known === undefined) return undefined
  const isSame = known.request_sha256?.equals(digestRequest(order)) === true
  if (!isSame || known.ordered_by !== operatorId) throw new SanadError('request.conflict')
  return order.orderId
}

/** @returns whether its devices were still being gathered. @throws SanadError `rotation-order.not-found` */
async function cancelOrder(tx: DatabaseTransaction, orderId: string, now: Date): Promise<boolean> {
  const order = await tx
    .selectFrom('rotation_order')
    .select(['cancelled_at', 'filled_at'])
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirst()
  if (order === undefined) throw new SanadError('rotation-order.not-found')
  if (order.cancelled_at !== null) return false
  await tx
    .updateTable('rotation_order')
    .set((eb) => ({ cancelled_at: now, filled_at: eb.fn.coalesce('filled_at', eb.val(now)) }))
    .where('order_id', '=', orderId)
    .execute()
  return order.filled_at === null
}

interface Expected {
  readonly devices: number
  readonly requestSha256: Buffer
  /** Its devices are gathered afterwards. */
  readonly filter?: DeviceFilter | undefined
}

async function insertOrder(
  tx: DatabaseTransaction,
  {
    orderId,
    reason,
    note,
  }: Pick<NewRotationOrder, 'reason' | 'note'> & { readonly orderId: string },
  { start, end }: Span,
  { devices, requestSha256, filter }: Expected,
  operatorId: string,
): Promise<void> {
  await tx
    .insertInto('rotation_order')
    .values({
      order_id: orderId,
      request_sha256: requestSha256,
      reason,
      note: note ?? null,
      ordered_at: new Date(start),
      ordered_by: operatorId,
      window_start: new Date(start),
      window_end: new Date(end),
      devices,
      filter: filter === undefined ? null : JSON.stringify(filter),
      filled_at: filter === undefined ? new Date(start) : null,
    })
    .execute()
}

const describeSpan = (
  { orderId, reason }: { readonly orderId: string; readonly reason: Reason },
  { start, end }: Span,
  devices: number,
) => ({
  orderId,
  devices,
  windowStart: instant(new Date(start)),
  windowEnd: instant(new Date(end)),
  reason,
})

/** The condition on `d`, a device. One that is not registered, or has no certificate in use, has no key to rotate. */
async function chooseDevices(
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

async function countChosen(
  database: Database | DatabaseTransaction,
  chosen: RawBuilder<boolean>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from device d where ${chosen}`.execute(database)
  return rows[0]?.count ?? 0
}

async function overtakeOrders(
  tx: DatabaseTransaction,
  chosen: RawBuilder<boolean>,
  at: Date,
): Promise<void> {
  await sql`
    update rotation_order_device o set outcome = 'overtaken', settled_at = ${at}
    from device d
    where o.device_id = d.device_id and o.outcome is null and ${chosen}`.execute(tx)
}

async function spreadWindows(
  tx: DatabaseTransaction,
  orderId: string,
  chosen: RawBuilder<boolean>,
  { start, end }: Span,
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
      insert into rotation_order_device (order_id, device_id, ordered_at, window_start, window_end)
      select ${orderId}::uuid, device_id, ${at}::timestamptz,
        ${at}::timestamptz + make_interval(secs => place * ${length - one}),
        ${at}::timestamptz + make_interval(secs => place * ${length - one} + ${one})
      from chosen
      returning device_id
    )
    select count(*) as devices, min(device_id::text) as some from spread`.execute(tx)
  return rows[0] ?? { devices: 0, some: null }
}

interface Ordered {
  readonly devices: number
  /** One of them. */
  readonly some: string | null
}
