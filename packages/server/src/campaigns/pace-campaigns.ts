import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { CommandType } from '@sanad/protocol/domain/commands'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import { countCampaign, countOutcomes } from './campaign-counts.ts'
import { gatherDevices, stopCampaign } from './campaigns.ts'
import { isAnyOpen, orderForCampaign } from '../commands/campaign-commands.ts'
import { forgetHold } from '../commands/command-holds.ts'
import './campaign-tables.ts'

/** Lets campaigns go on: each at its rate, stopped when too much fails, over when nothing is left. */

interface PaceOptions {
  readonly database: Database
  readonly clock: Clock
}

const EVERY_MS = 5_000
/** After a pause of the server nothing is made up for beyond this. */
const LONGEST_BURST_MS = MINUTE_MS
const AT_ONCE = 1000
const GATHER_EVERY_MS = 5 * MINUTE_MS

export const campaignsJob = (options: PaceOptions): Job => ({
  name: 'campaigns',
  everyMs: EVERY_MS,
  run: (signal) => paceCampaigns(options, signal),
})

export async function paceCampaigns(options: PaceOptions, signal?: AbortSignal): Promise<void> {
  const rows = await options.database
    .selectFrom('campaign')
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
    .selectFrom('campaign')
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
    from campaign where campaign_id = ${campaignId}::uuid and finished_at is null
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
  const { told, events } = await orderForCampaign(tx, campaign, chosen, now)
  await markTold(tx, campaign.campaignId, chosen, told)
  await tx
    .updateTable('campaign')
    .set({ paced_until: new Date(from + chosen.length * each) })
    .where('campaign_id', '=', campaign.campaignId)
    .execute()
  return { devices: chosen.length, events }
}

async function takeNext(
  tx: DatabaseTransaction,
  campaignId: string,
  count: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ device_id: string }>`
    select device_id from campaign_device
    where campaign_id = ${campaignId}::uuid and outcome is null
    order by device_id limit ${count}::int`.execute(tx)
  return rows.map(({ device_id }) => device_id)
}

async function markTold(
  tx: DatabaseTransaction,
  campaignId: string,
  chosen: readonly string[],
  told: readonly string[],
): Promise<void> {
  await sql`
    update campaign_device
    set outcome = case when device_id = any(${told}::uuid[]) then 'ordered' else 'skipped' end
    where campaign_id = ${campaignId}::uuid and device_id = any(${chosen}::uuid[])`.execute(tx)
}

/** A stopped one is over when the last of what was sent is; a continuing one only when it is stopped. */
async function finish(
  tx: DatabaseTransaction,
  { campaignId, state, isContinuing, isFilled, devices }: Campaign,
  now: number,
): Promise<readonly NewEvent[]> {
  if (state === 'paused' || (state === 'running' && (isContinuing || !isFilled))) return []
  const { rows } = await sql`
    select where ${state} = 'running' and exists (select from campaign_device
      where campaign_id = ${campaignId}::uuid and outcome is null)`.execute(tx)
  if (rows.length > 0 || (await isAnyOpen(tx, campaignId))) return []
  await forgetHold(tx, campaignId)
  const counts = await countCampaign(tx, campaignId)
  await tx
    .updateTable('campaign')
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
