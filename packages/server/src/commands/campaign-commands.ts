import { randomUUID } from 'node:crypto'
import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { describeOrder } from './command-events.ts'
import './command-tables.ts'
import { MOST_WAITING } from './device-room.ts'
import { wakeDevices } from '../channel/wake-devices.ts'

/** The commands of a campaign: ordered a part at a time, and counted. */

export interface CampaignOrder {
  readonly campaignId: string
  /** Counted from 0. */
  readonly phase: number
  readonly type: CommandType
  readonly body: object
  readonly lifeSeconds: number
  readonly maintenanceWindow: MaintenanceWindow | null
  /** The operator who created the campaign. */
  readonly createdBy: string
}

/**
 * One command for each of the devices that can take one; the others are left out.
 *
 * @param now milliseconds since the epoch
 * @returns the devices that were told, and the events to record
 */
export async function orderForCampaign(
  tx: DatabaseTransaction,
  order: CampaignOrder,
  deviceIds: readonly string[],
  now: number,
): Promise<{ readonly told: readonly string[]; readonly events: readonly NewEvent[] }> {
  const told = await holdTellable(tx, deviceIds)
  if (told.length === 0) return { told, events: [] }
  const { campaignId, type, createdBy } = order
  const ordered = told.map((deviceId) => ({ commandId: randomUUID(), deviceId, type }))
  await insertCommands(tx, order, ordered, now)
  await wakeDevices(tx, told)
  const actor = operatorActor(createdBy)
  return { told, events: ordered.map((subject) => describeOrder(actor, subject, campaignId)) }
}

/** Holds the devices in the order of their ids, so that no two orders fill the last place of one. */
async function holdTellable(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ device_id: string }>`
    with held as (
      select d.device_id, d.state from device d where d.device_id = any(${deviceIds}::uuid[])
      order by d.device_id for no key update of d
    )
    select device_id from held where state in ('registered', 'suspended') and (
      select count(*) from command c
      where c.device_id = held.device_id and c.state in ('queued', 'sent', 'acknowledged')
    ) < ${MOST_WAITING}`.execute(tx)
  return rows.map(({ device_id }) => device_id)
}

async function insertCommands(
  tx: DatabaseTransaction,
  { campaignId, phase, type, body, createdBy, lifeSeconds, maintenanceWindow }: CampaignOrder,
  ordered: readonly { readonly commandId: string; readonly deviceId: string }[],
  now: number,
): Promise<void> {
  const window = maintenanceWindow === null ? null : JSON.stringify(maintenanceWindow)
  const at = new Date(now)
  await sql`
    insert into command (command_id, device_id, device_registered_at, campaign_id, campaign_phase, type, body,
      ordered_at, ordered_by, not_before, not_after, maintenance_window)
    select one.command_id, d.device_id, d.registered_at, ${campaignId}::uuid, ${phase}::smallint,
      ${type}, ${JSON.stringify(body)}::jsonb, ${at}, ${createdBy}::uuid, ${at}, ${new Date(now + lifeSeconds * 1000)},
      ${window}::jsonb
    from unnest(
      ${ordered.map(({ commandId }) => commandId)}::uuid[], ${ordered.map(({ deviceId }) => deviceId)}::uuid[]
    ) as one (command_id, device_id) join device d using (device_id)`.execute(tx)
}

/** How many commands of the campaign are in which phase and state. Counted off an index. */
export async function countCommands(
  database: Database | DatabaseTransaction,
  campaignId: string,
): Promise<readonly CampaignCount[]> {
  const { rows } = await sql<CampaignCount>`
    select coalesce(campaign_phase, 0) as phase, state, count(*) as count from command
    where campaign_id = ${campaignId}::uuid group by 1, 2`.execute(database)
  return rows
}

export interface CampaignCount {
  readonly phase: number
  readonly state: CommandState
  readonly count: number
}

/** Whether any command of the campaign can still change. */
export async function isAnyOpen(tx: DatabaseTransaction, campaignId: string): Promise<boolean> {
  const { rows } = await sql`
    select where exists (select from command
      where campaign_id = ${campaignId}::uuid and state in ('queued', 'sent', 'acknowledged'))`.execute(
    tx,
  )
  return rows.length > 0
}
