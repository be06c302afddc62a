import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { NewRotationOrder } from '@sanad/protocol/operator-api/keys'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { instant } from '../platform/instant.ts'
import { digestRequest } from '../platform/request-digest.ts'
import './rotation-tables.ts'

/** Orders to rotate, without their devices. */

/** Milliseconds since the epoch. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The order that this request made already, if it did.
 *
 * @throws SanadError `request.conflict` for another request under the same id
 */
export async function findOrder(
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

export interface Expected {
  readonly devices: number
  readonly requestSha256: Buffer
  /** Its devices are gathered afterwards. */
  readonly filter?: DeviceFilter | undefined
}

export async function insertOrder(
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
    })
    .execute()
}

/** No more devices are added to it. Of an order that was cancelled meanwhile, nothing changes. */
export async function closeOrder(
  tx: DatabaseTransaction,
  orderId: string,
  now: number,
): Promise<void> {
  await tx
    .updateTable('rotation_order')
    .set((eb) => ({ filled_at: new Date(now), devices: eb.ref('filled') }))
    .where('order_id', '=', orderId)
    .where('filled_at', 'is', null)
    .execute()
}

export const describeSpan = (
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

/** An order of a campaign is stopped with its campaign. @throws SanadError `rotation-order.not-found` */
export async function requirePlainOrder(tx: DatabaseTransaction, orderId: string): Promise<void> {
  const order = await tx
    .selectFrom('rotation_order')
    .select('is_of_campaign')
    .where('order_id', '=', orderId)
    .executeTakeFirst()
  if (order?.is_of_campaign !== false) throw new SanadError('rotation-order.not-found')
}
