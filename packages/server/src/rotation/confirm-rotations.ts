import type { NewEvent } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import {
  type ConfirmedSuccessor,
  type Successor,
  confirmSuccessors,
  holdSuccessors,
} from '../certificates/successors.ts'
import type { Confirmations } from '../messages/confirmations.ts'
import type { Clock } from '../platform/clock.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import './rotation-tables.ts'

/** A rotation is over with the first message under the new key; so is the order that asked for it. */
export const confirmRotations = (clock: Clock): Confirmations => ({
  hold: holdSuccessors,
  async confirm(
    tx: DatabaseTransaction,
    successors: readonly Successor[],
  ): Promise<readonly NewEvent[]> {
    const now = clock()
    const confirmed = await confirmSuccessors(tx, successors, now)
    await settleOrders(tx, confirmed, now)
    return confirmed.map(({ event }) => event)
  },
})

/** An order that came after the certificate was issued is about this key, and waits on. */
async function settleOrders(
  tx: DatabaseTransaction,
  confirmed: readonly ConfirmedSuccessor[],
  now: number,
): Promise<void> {
  if (confirmed.length === 0) return
  await sql`
    update rotation_order_device o set outcome = 'rotated', settled_at = ${new Date(now)}
    from unnest(
      ${confirmed.map(({ deviceId }) => deviceId)}::uuid[],
      ${confirmed.map(({ issuedAt }) => new Date(issuedAt))}::timestamptz[]
    ) as confirmed (device_id, issued_at)
    where o.device_id = confirmed.device_id and o.outcome is null
      and o.ordered_at <= confirmed.issued_at`.execute(tx)
}
