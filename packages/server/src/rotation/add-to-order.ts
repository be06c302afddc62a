import { sql } from 'kysely'
import { SanadError } from '@sanad/protocol/text/problems'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import '../certificates/certificate-tables.ts'
import type { NotDone, WorkedOff } from '../devices/worked-off.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import './rotation-tables.ts'

/** A part of the devices of an order to rotate, each with a window of its own. */

/** Of the whole: within its own window a device draws an instant. */
export const SHARE_OF_ONE_WINDOW = 1 / 8

/** The condition on `d`, a device: one that has a key to rotate. */
export const HAS_KEY = sql<boolean>`d.state = 'registered' and exists (
  select from device_certificate c where c.device_id = d.device_id and c.status = 'active')`

interface Order {
  readonly orderedAt: Date
  readonly start: Date
  readonly end: Date
  readonly expected: number
  readonly isCancelled: boolean
}

interface Held {
  readonly deviceId: string
  readonly serialNo: string
  readonly state: DeviceState
  /** Of the certificate in use; null: there is none. */
  readonly issuedAt: Date | null
  /** A later order came before this one reached the device: that is the one it follows. */
  readonly hasLaterOrder: boolean
}

/** How a campaign tells these devices: in one window, and until then. Milliseconds since the epoch. */
export interface ToldByCampaign {
  /** Counted from 0. */
  readonly phase: number
  readonly window: { readonly start: number; readonly end: number }
  readonly expiresAt: number
}

/**
 * @param from how many came before them: their windows follow
 * @param campaign without it each device has a window of its own, at whose beginning it is woken
 * @throws SanadError `rotation-order.not-found`
 */
export async function addDevices(
  tx: DatabaseTransaction,
  orderId: string,
  deviceIds: readonly string[],
  from: number,
  campaign?: ToldByCampaign,
): Promise<WorkedOff> {
  const order = await readOpenOrder(tx, orderId)
  const held = order.isCancelled ? [] : await holdAll(tx, deviceIds, order)
  const failures = held.flatMap(refusalOf)
  const able = held.filter((device) => refusalOf(device).length === 0)
  await overtake(tx, able, order)
  if (campaign === undefined) await insertWindows(tx, orderId, able, order, from)
  else await insertOneWindow(tx, orderId, able, order, campaign)
  await sql`
    update rotation_order set filled = filled + ${able.length}::int where order_id = ${orderId}::uuid`.execute(
    tx,
  )
  return { changed: able.length, failures, events: [] }
}

async function readOpenOrder(tx: DatabaseTransaction, orderId: string): Promise<Order> {
  // One order after the other: a device waits for one at most.
  await sql`lock table rotation_order in share row exclusive mode`.execute(tx)
  const { rows } = await sql<Order>`
    select ordered_at as "orderedAt", window_start as start, window_end as "end", devices as expected,
      cancelled_at is not null as "isCancelled"
    from rotation_order where order_id = ${orderId}::uuid`.execute(tx)
  const [order] = rows
  if (order === undefined) throw new SanadError('rotation-order.not-found')
  return order
}

async function holdAll(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
  { orderedAt }: Order,
): Promise<readonly Held[]> {
  const { rows } = await sql<Held>`
    select d.device_id as "deviceId", d.serial_no as "serialNo", d.state,
      (select c.issued_at from device_certificate c
        where c.device_id = d.device_id and c.status = 'active') as "issuedAt",
      exists (select from rotation_order_device o
        where o.device_id = d.device_id and o.outcome is null and o.ordered_at > ${orderedAt}) as "hasLaterOrder"
    from device d where d.device_id = any(${deviceIds}::uuid[]) order by d.device_id`.execute(tx)
  return rows
}

/** Sentences for devices that have no key to rotate. */
export const WHY_NOT_ROTATED = {
  state: 'Only a registered device rotates its key.',
  key: 'The device has no certificate in use.',
} as const

function refusalOf({ deviceId, serialNo, state, issuedAt }: Held): readonly NotDone[] {
  const code = 'device.transition-refused'
  if (state !== 'registered') return [{ deviceId, serialNo, code, detail: WHY_NOT_ROTATED.state }]
  if (issuedAt === null) return [{ deviceId, serialNo, code, detail: WHY_NOT_ROTATED.key }]
  return []
}

async function overtake(
  tx: DatabaseTransaction,
  held: readonly Held[],
  { orderedAt }: Order,
): Promise<void> {
  await sql`
    update rotation_order_device set outcome = 'overtaken', settled_at = ${orderedAt}
    where outcome is null and ordered_at <= ${orderedAt}
      and device_id = any(${held.map(({ deviceId }) => deviceId)}::uuid[])`.execute(tx)
}

/** What happened to a device between the order and its turn: as if all had been reached at once. */
function outcomeOf({ issuedAt, hasLaterOrder }: Held, { orderedAt }: Order) {
  if (hasLaterOrder) return 'overtaken'
  return issuedAt !== null && issuedAt > orderedAt ? 'rotated' : null
}

async function insertWindows(
  tx: DatabaseTransaction,
  orderId: string,
  held: readonly Held[],
  order: Order,
  from: number,
): Promise<void> {
  const { orderedAt, start, end, expected } = order
  const outcomes = held.map((device) => outcomeOf(device, order))
  const length = (end.getTime() - start.getTime()) / 1000
  const one = length * SHARE_OF_ONE_WINDOW
  // Devices that came since they were counted share the last window.
  const places = held.map((_device, index) =>
    Math.min(1, (from + index) / Math.max(expected - 1, 1)),
  )
  await sql`
    insert into rotation_order_device (order_id, device_id, ordered_at, outcome, settled_at, wake_at,
      window_start, window_end)
    select ${orderId}::uuid, device_id, ${orderedAt}::timestamptz, outcome,
      case when outcome is not null then ${orderedAt}::timestamptz end,
      case when outcome is null then ${start}::timestamptz + make_interval(secs => place * ${length - one}) end,
      ${start}::timestamptz + make_interval(secs => place * ${length - one}),
      ${start}::timestamptz + make_interval(secs => place * ${length - one} + ${one})
    from unnest(${held.map(({ deviceId }) => deviceId)}::uuid[], ${places}::float8[], ${outcomes}::text[])
      as one (device_id, place, outcome)`.execute(tx)
}

async function insertOneWindow(
  tx: DatabaseTransaction,
  orderId: string,
  held: readonly Held[],
  order: Order,
  { phase, window, expiresAt }: ToldByCampaign,
): Promise<void> {
  const { orderedAt } = order
  const outcomes = held.map((device) => outcomeOf(device, order))
  await sql`
    insert into rotation_order_device (order_id, device_id, ordered_at, outcome, settled_at, campaign_phase,
      expires_at, window_start, window_end)
    select ${orderId}::uuid, device_id, ${orderedAt}::timestamptz, outcome,
      case when outcome is not null then ${orderedAt}::timestamptz end, ${phase}::smallint,
      ${new Date(expiresAt)}::timestamptz, ${new Date(window.start)}::timestamptz,
      ${new Date(window.end)}::timestamptz
    from unnest(${held.map(({ deviceId }) => deviceId)}::uuid[], ${outcomes}::text[]) as one (device_id, outcome)`.execute(
    tx,
  )
}
