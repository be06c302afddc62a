import { randomUUID } from 'node:crypto'
import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { CommandType } from '@sanad/protocol/domain/commands'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { countCampaign, countOutcomes } from './campaign-counts.ts'
import { gatherDevices, stopCampaign } from './campaigns.ts'
import { MOST_WAITING } from '../commands/command-desk.ts'
import { describeOrder } from '../commands/command-events.ts'
import '../commands/command-tables.ts'
import { wakeDevices } from '../commands/wake-devices.ts'

/** Lets campaigns go on: each at its rate, stopped when too much fails, over when nothing is left. */

interface PaceOptions {
  readonly database: Database
  readonly clock: Clock
}

const MINUTE_MS = 60_000
/** After a pause of the server nothing is made up for beyond this. */
const LONGEST_BURST_MS = MINUTE_MS
const AT_ONCE = 1000
const GATHER_EVERY_MS = 5 * MINUTE_MS

export async function paceCampaigns(options: PaceOptions, signal?: AbortSignal): Promise<void> {
  const rows = await options.database
    .selectFrom('command_campaign')
    .select('campaign_id')
    .where('finished_at', 'is', null)
    .execute()
  for (const { campaign_id: campaignId } of rows) {
    if (signal?.aborted === true) return
    await gatherNew(options, campaignId)
    let told = AT_ONCE
    while (told === AT_ONCE && !isOver(signal)) told = await paceOne(options, campaignId)
  }
}

const isOver = (signal: AbortSignal | undefined): boolean => signal?.aborted === true

/** Of a continuing one: whoever came to match since it was looked at last. */
async function gatherNew({ database, clock }: PaceOptions, campaignId: string): Promise<void> {
  const due = new Date(clock() - GATHER_EVERY_MS)
  const campaign = await database
    .selectFrom('command_campaign')
    .select(['filter'])
    .where('campaign_id', '=', campaignId)
    .where('is_continuing', '=', true)
    .where('state', '=', 'running')
    .where('filled_at', 'is not', null)
    .where('gathered_at', '<=', due)
    .executeTakeFirst()
  if (campaign === undefined) return
  const filter: DeviceFilter = campaign.filter
  const matching = conditionOf(await resolveFilter(database, filter, clock()))
  await database.transaction().execute((tx) => gatherDevices(tx, campaignId, matching, clock()))
}

/** @returns how many devices were told */
function paceOne({ database, clock }: PaceOptions, campaignId: string): Promise<number> {
  return database.transaction().execute(async (tx) => {
    const now = clock()
    const campaign = await holdUnfinished(tx, campaignId)
    if (campaign === undefined) return 0
    if (campaign.state === 'running' && (await failsTooOften(tx, campaign))) {
      await recordEvents(tx, [await stopCampaign(tx, campaignId, 'failures', 'server')])
      return 0
    }
    const { devices, events } =
      campaign.state === 'running' ? await release(tx, campaign, now) : NOTHING
    const finished = devices > 0 ? [] : await finish(tx, campaign, now)
    await recordEvents(tx, [...events, ...finished])
    return devices
  })
}

const NOTHING = { devices: 0, events: [] as readonly NewEvent[] }

interface Campaign {
  readonly campaignId: string
  readonly state: 'running' | 'paused' | 'stopped'
  readonly type: CommandType
  readonly body: object
  readonly isContinuing: boolean
  readonly perMinute: number
  readonly abortPercent: number
  readonly abortLeast: number
  readonly lifeSeconds: number
  readonly maintenanceWindow: MaintenanceWindow | null
  readonly createdBy: string
  readonly pacedUntil: Date
  readonly devices: number
  readonly isFilled: boolean
}

async function holdUnfinished(
  tx: DatabaseTransaction,
  campaignId: string,
): Promise<Campaign | undefined> {
  const { rows } = await sql<Campaign>`
    select campaign_id as "campaignId", state, type, body, is_continuing as "isContinuing",
      per_minute as "perMinute", abort_percent as "abortPercent", abort_least as "abortLeast",
      life_seconds as "lifeSeconds", maintenance_window as "maintenanceWindow", created_by as "createdBy",
      paced_until as "pacedUntil", devices, filled_at is not null as "isFilled"
    from command_campaign where campaign_id = ${campaignId}::uuid and finished_at is null
    for update`.execute(tx)
  return rows[0]
}

/** Devices that are away fail nothing: what expired is not counted. */
async function failsTooOften(
  tx: DatabaseTransaction,
  { campaignId, abortPercent, abortLeast }: Campaign,
): Promise<boolean> {
  const { failed, refused, succeeded } = await countOutcomes(tx, campaignId)
  const ended = failed + refused + succeeded
  return ended >= abortLeast && (failed + refused) * 100 > abortPercent * ended
}

async function release(tx: DatabaseTransaction, campaign: Campaign, now: number) {
  const each = MINUTE_MS / campaign.perMinute
  const from = Math.max(campaign.pacedUntil.getTime(), now - Math.max(LONGEST_BURST_MS, each))
  const allowed = Math.min(Math.floor((now - from) / each), AT_ONCE)
  if (allowed <= 0) return NOTHING
  const chosen = await takeNext(tx, campaign.campaignId, allowed)
  if (chosen.length === 0) return NOTHING
  const told = await insertCommands(tx, campaign, chosen, now)
  await tx
    .updateTable('command_campaign')
    .set({ paced_until: new Date(from + chosen.length * each) })
    .where('campaign_id', '=', campaign.campaignId)
    .execute()
  await wakeDevices(
    tx,
    told.map(({ deviceId }) => deviceId),
  )
  const actor = operatorActor(campaign.createdBy)
  const events = told.map((subject) => describeOrder(actor, subject, campaign.campaignId))
  return { devices: chosen.length, events }
}

/** @returns the devices, with whether each can be told */
async function takeNext(
  tx: DatabaseTransaction,
  campaignId: string,
  count: number,
): Promise<readonly Chosen[]> {
  const { rows } = await sql<Chosen>`
    with next as (
      select device_id from command_campaign_device
      where campaign_id = ${campaignId}::uuid and outcome is null
      order by device_id limit ${count}::int
    ), held as (
      select d.device_id, d.state from device d join next using (device_id)
      order by d.device_id for no key update of d
    ), judged as (
      select held.device_id, held.state in ('registered', 'suspended') and (
        select count(*) from command c
        where c.device_id = held.device_id and c.state in ('queued', 'sent', 'acknowledged')
      ) < ${MOST_WAITING} as "isTellable"
      from held
    )
    update command_campaign_device m
    set outcome = case when "isTellable" then 'ordered' else 'skipped' end
    from judged where m.campaign_id = ${campaignId}::uuid and m.device_id = judged.device_id
    returning m.device_id as "deviceId", "isTellable"`.execute(tx)
  return rows
}

interface Chosen {
  readonly deviceId: string
  readonly isTellable: boolean
}

async function insertCommands(
  tx: DatabaseTransaction,
  { campaignId, type, body, createdBy, lifeSeconds, maintenanceWindow }: Campaign,
  chosen: readonly Chosen[],
  now: number,
) {
  const told = chosen
    .filter(({ isTellable }) => isTellable)
    .map(({ deviceId }) => ({ commandId: randomUUID(), deviceId, type }))
  const window = maintenanceWindow === null ? null : JSON.stringify(maintenanceWindow)
  const at = new Date(now)
  await sql`
    insert into command (command_id, device_id, device_registered_at, campaign_id, type, body, ordered_at,
      ordered_by, not_before, not_after, maintenance_window)
    select one.command_id, d.device_id, d.registered_at, ${campaignId}::uuid, ${type},
      ${JSON.stringify(body)}::jsonb, ${at}, ${createdBy}::uuid, ${at}, ${new Date(now + lifeSeconds * 1000)},
      ${window}::jsonb
    from unnest(
      ${told.map(({ commandId }) => commandId)}::uuid[], ${told.map(({ deviceId }) => deviceId)}::uuid[]
    ) as one (command_id, device_id) join device d using (device_id)`.execute(tx)
  return told
}

/** A stopped one is over when the last of what was sent is; a continuing one only when it is stopped. */
async function finish(
  tx: DatabaseTransaction,
  { campaignId, state, isContinuing, isFilled, devices }: Campaign,
  now: number,
): Promise<readonly NewEvent[]> {
  if (state === 'paused' || (state === 'running' && (isContinuing || !isFilled))) return []
  const { rows } = await sql`
    select 1 where exists (select from command
        where campaign_id = ${campaignId}::uuid and state in ('queued', 'sent', 'acknowledged'))
      or (${state} = 'running' and exists (select from command_campaign_device
        where campaign_id = ${campaignId}::uuid and outcome is null))`.execute(tx)
  if (rows.length > 0) return []
  const counts = await countCampaign(tx, campaignId)
  await tx
    .updateTable('command_campaign')
    .set({
      finished_at: new Date(now),
      final_counts: JSON.stringify(counts),
      ...(state === 'running' && { state: 'finished' }),
    })
    .where('campaign_id', '=', campaignId)
    .execute()
  // That it was stopped is on record already.
  if (state === 'stopped') return []
  const data = { campaignId, succeeded: counts.succeeded, devices }
  return [{ type: 'campaign.finished', actor: 'server', data }]
}
