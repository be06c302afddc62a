import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { sql } from 'kysely'
import { takeFound } from '../fleet/take-found.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import { workInTurn } from '../platform/work-in-turn.ts'
import './campaign-tables.ts'
import { TELLABLE_DEVICE } from '../commands/tellable-device.ts'

/**
 * Gathers the devices of campaigns that were created for too many to gather in a request: in the order of their ids,
 * a part in each transaction, with the place behind it. A server that dies in between goes on where it was.
 */

export interface FillOptions {
  readonly database: Database
  readonly clock: Clock
}

export const CAMPAIGN_FILLS_JOB = 'campaign-fills'
const EVERY_MS = 5_000
/** A part takes some 50 ms; the pace of its campaign waits for it. */
const AT_ONCE = 2_000

export const campaignFillsJob = (options: FillOptions): Job => ({
  name: CAMPAIGN_FILLS_JOB,
  everyMs: EVERY_MS,
  run: (signal) => fillCampaigns(options, signal),
})

export const fillCampaigns = (
  { database, clock }: FillOptions,
  signal?: AbortSignal,
  atOnce: number = AT_ONCE,
): Promise<void> =>
  workInTurn(
    () => listUnfilled(database),
    (id) => database.transaction().execute((tx) => fillPart(tx, id, clock(), atOnce)),
    signal,
  )

async function listUnfilled(database: Database): Promise<readonly string[]> {
  const rows = await database
    .selectFrom('campaign')
    .select('campaign_id')
    .where('filled_at', 'is', null)
    .orderBy('created_at')
    .execute()
  return rows.map(({ campaign_id }) => campaign_id)
}

interface Unfilled {
  readonly state: CampaignState
  readonly filter: DeviceFilter
  readonly createdAt: Date
  readonly place: string | null
}

async function fillPart(
  tx: DatabaseTransaction,
  campaignId: string,
  now: number,
  atOnce: number,
): Promise<void> {
  const { rows } = await sql<Unfilled>`
    select state, filter, created_at as "createdAt", fill_place as place from campaign
    where campaign_id = ${campaignId}::uuid and filled_at is null for update`.execute(tx)
  const [campaign] = rows
  if (campaign === undefined) return
  const deviceIds = await takeNext(tx, campaign, atOnce)
  const isLast = deviceIds.length < atOnce
  // One that came in before is not counted again.
  await sql`
    with come as (
      insert into campaign_device (campaign_id, device_id)
      select ${campaignId}::uuid, unnest(${deviceIds}::uuid[])
      on conflict do nothing returning 1
    )
    update campaign set devices = devices + (select count(*) from come),
      fill_place = coalesce(${deviceIds.at(-1) ?? null}::uuid, fill_place),
      filled_at = ${isLast ? new Date(now) : null}::timestamptz
    where campaign_id = ${campaignId}::uuid`.execute(tx)
}

/** Days and hours of a filter count from the creation: what was previewed does not grow. */
async function takeNext(
  tx: DatabaseTransaction,
  { state, filter, createdAt, place }: Unfilled,
  count: number,
): Promise<readonly string[]> {
  // One that was stopped needs no more of them.
  if (state === 'stopped') return []
  return takeFound(tx, filter, { place, count, now: createdAt.getTime(), also: TELLABLE_DEVICE })
}
