import { randomUUID } from 'node:crypto'
import type {
  NewRotationOrder,
  RotationOrderPreview,
  RotationOrderView,
} from '@sanad/protocol/operator-api/keys'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { operatorActor } from '@sanad/protocol/domain/events'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { type RawBuilder, sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import '../certificates/certificate-tables.ts'
import { instant } from '../platform/instant.ts'
import type { WorkedOff } from '../devices/worked-off.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { digestRequest } from '../platform/request-digest.ts'
import { addDevices } from './add-to-order.ts'
import { cancelOrder } from './cancel-order.ts'
import { chooseDevices, countChosen, countRegistered } from './choose-devices.ts'
import {
  type Expected,
  type Span,
  closeOrder,
  describeSpan,
  findOrder,
  insertOrder,
  requirePlainOrder,
} from './order-rows.ts'
import { readOrder } from './rotation-order-list.ts'
import './rotation-tables.ts'
import type { SigningPace } from './signing-pace.ts'
import { overtakeOrders, spreadWindows } from './spread-windows.ts'

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
    const devices = order.filter === undefined ? 0 : await countRegistered(database, order, clock())
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
   * An order whose devices come with {@link addTo}, until {@link close}: so many are expected, and their windows are
   * spread over as much time. In the caller’s transaction.
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

  /** No more devices come. */
  close(tx: DatabaseTransaction, orderId: string): Promise<void> {
    return closeOrder(tx, orderId, this.#options.clock())
  }

  /** One device, from now on, in the caller’s transaction. Call it late: it records. */
  async giveTo(
    tx: DatabaseTransaction,
    deviceId: string,
    reason: Reason,
    operatorId: string,
  ): Promise<void> {
    const order = { deviceIds: [deviceId], reason, withinHours: 0 }
    const chosen = await chooseDevices(tx, order, this.#options.clock())
    await this.#give(tx, order, chosen, operatorId, false)
  }

  async #give(
    tx: DatabaseTransaction,
    order: NewRotationOrder,
    chosen: RawBuilder<boolean>,
    operatorId: string,
    isWoken = true,
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
    const { devices, some } = await spreadWindows(tx, orderId, chosen, span, isWoken)
    await tx
      .updateTable('rotation_order')
      .set({ devices, filled: devices, filled_at: at })
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

  /**
   * What waits goes back to its schedule: at once where few wait, by and by where many do. Doing it twice is harmless.
   *
   * @throws SanadError `rotation-order.not-found`
   */
  async cancel(orderId: string, operatorId: string): Promise<RotationOrderView> {
    const { database, clock, mostAtOnce } = this.#options
    await database.transaction().execute(async (tx) => {
      await requirePlainOrder(tx, orderId)
      const devices = await cancelOrder(tx, orderId, new Date(clock()), mostAtOnce)
      if (devices === undefined) return
      const actor = operatorActor(operatorId)
      const data = { orderId, devices }
      await recordEvents(tx, [{ type: 'key.rotation-order-cancelled', actor, data }])
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
