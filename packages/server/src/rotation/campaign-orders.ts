import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { sql } from 'kysely'
import { wakeDevices } from '../channel/wake-devices.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { addDevices } from './add-to-order.ts'
import { describeSpan } from './order-rows.ts'
import './rotation-tables.ts'

/** Orders to rotate that a campaign gives: it chooses when each device is told, and the order lapses with it. */

export interface CampaignRotation {
  /** Of the campaign. */
  readonly orderId: string
  readonly reason: Reason
  /** For so long a device may come. */
  readonly lifeSeconds: number
  readonly orderedBy: string
}

/** The order, before its first device. @returns the event to record */
export async function openCampaignOrder(
  tx: DatabaseTransaction,
  { orderId, reason, lifeSeconds, orderedBy }: CampaignRotation,
  devices: number,
  now: number,
): Promise<NewEvent> {
  const [at, end] = [new Date(now), now + lifeSeconds * 1000]
  await tx
    .insertInto('rotation_order')
    .values({
      order_id: orderId,
      request_sha256: null,
      reason,
      note: null,
      ordered_at: at,
      ordered_by: orderedBy,
      window_start: at,
      window_end: new Date(end),
      filled_at: at,
      is_of_campaign: true,
    })
    .execute()
  const actor = operatorActor(orderedBy)
  const data = describeSpan({ orderId, reason }, { start: now, end }, devices)
  return { type: 'key.rotation-ordered', actor, data }
}

/** A device that is told draws an instant in as much time as the HSM needs for those told with it. */
const SHORTEST_WINDOW_MS = 60_000

/**
 * @param perSecond certificates that the HSM signs for rotations
 * @param now milliseconds since the epoch
 * @returns the devices that were told
 */
export async function tellToRotate(
  tx: DatabaseTransaction,
  { orderId, lifeSeconds }: CampaignRotation,
  told: { readonly deviceIds: readonly string[]; readonly phase: number },
  perSecond: number,
  now: number,
): Promise<readonly string[]> {
  const needed = (told.deviceIds.length / perSecond) * 1000
  const window = { start: now, end: now + Math.ceil(Math.max(needed, SHORTEST_WINDOW_MS)) }
  const ofCampaign = { phase: told.phase, window, expiresAt: now + lifeSeconds * 1000 }
  const { failures } = await addDevices(tx, orderId, told.deviceIds, 0, ofCampaign)
  const left = new Set(failures.map(({ deviceId }) => deviceId))
  const deviceIds = told.deviceIds.filter((deviceId) => !left.has(deviceId))
  await wakeDevices(tx, deviceIds)
  return deviceIds
}

const MEANS: Readonly<Record<string, CommandState>> = {
  rotated: 'succeeded',
  cancelled: 'cancelled',
  // A later order, or another campaign, has taken the device.
  overtaken: 'cancelled',
  expired: 'expired',
}

/** What an outcome means, in the words of commands; an order that waits for its device is `sent`. */
export const stateOf = (outcome: string | null): CommandState =>
  outcome === null ? 'sent' : (MEANS[outcome] ?? 'sent')

/** The outcomes that mean this state; null: none yet. */
export const outcomesOf = (state: CommandState): readonly (string | null)[] =>
  [null, ...Object.keys(MEANS)].filter((outcome) => stateOf(outcome) === state)

export interface RotationCount {
  readonly phase: number
  readonly state: CommandState
  readonly count: number
}

/** In the words of commands. Off an index. */
export async function countRotations(
  database: Database | DatabaseTransaction,
  orderId: string,
): Promise<readonly RotationCount[]> {
  const { rows } = await sql<{ phase: number; outcome: string | null; count: number }>`
    select coalesce(campaign_phase, 0) as phase, outcome, count(*) as count from rotation_order_device
    where order_id = ${orderId}::uuid group by 1, 2`.execute(database)
  return rows.map(({ phase, outcome, count }) => ({ phase, state: stateOf(outcome), count }))
}

export async function isAnyRotationOpen(
  tx: DatabaseTransaction,
  orderId: string,
): Promise<boolean> {
  const { rows } = await sql`
    select where exists (select from rotation_order_device
      where order_id = ${orderId}::uuid and outcome is null)`.execute(tx)
  return rows.length > 0
}
