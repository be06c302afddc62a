import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { CampaignKindName } from '@sanad/protocol/operator-api/campaigns'
import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import { sql } from 'kysely'
import { takeFound } from '../fleet/take-found.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { type Part, fillInParts } from '../platform/fill-in-parts.ts'
import type { Job } from '../platform/schedule.ts'
import type { CampaignKinds } from './campaign-kind.ts'
import './campaign-tables.ts'

/** Gathers the devices of campaigns that were created for too many to gather in a request. */

export interface FillOptions {
  readonly database: Database
  readonly kinds: CampaignKinds
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
  { database, kinds, clock }: FillOptions,
  signal?: AbortSignal,
  atOnce: number = AT_ONCE,
): Promise<void> =>
  fillInParts(
    {
      database,
      list: () => listUnfilled(database),
      hold: holdUnfilled,
      atOnce: () => atOnce,
      find: (tx, task, count) => findNext(tx, kinds, task, count),
      work: (tx, { campaignId }, part) => keep(tx, campaignId, part, clock()),
    },
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
  readonly campaignId: string
  readonly kind: CampaignKindName
  readonly state: CampaignState
  readonly filter: DeviceFilter | null
  readonly createdAt: Date
  readonly place: string | null
}

async function holdUnfilled(tx: DatabaseTransaction, campaignId: string) {
  const { rows } = await sql<Unfilled>`
    select campaign_id as "campaignId", kind, state, filter, created_at as "createdAt", fill_place as place
    from campaign where campaign_id = ${campaignId}::uuid and filled_at is null for update`.execute(
    tx,
  )
  return rows[0]
}

/** Days and hours of a filter count from the creation: what was previewed does not grow. */
async function findNext(
  tx: DatabaseTransaction,
  kinds: CampaignKinds,
  { kind, state, filter, createdAt, place }: Unfilled,
  count: number,
): Promise<readonly string[]> {
  // One that was stopped needs no more of them; devices that are named are gathered in the request.
  if (state === 'stopped' || filter === null) return []
  const also = kinds[kind].canBeTold
  return takeFound(tx, filter, { place, count, now: createdAt.getTime(), also })
}

/** One that came in before is not counted again. */
async function keep(
  tx: DatabaseTransaction,
  campaignId: string,
  { deviceIds, place, isLast }: Part,
  now: number,
): Promise<void> {
  await sql`
    with come as (
      insert into campaign_device (campaign_id, device_id)
      select ${campaignId}::uuid, unnest(${deviceIds}::uuid[])
      on conflict do nothing returning 1
    )
    update campaign set devices = devices + (select count(*) from come),
      fill_place = coalesce(${place ?? null}::uuid, fill_place),
      filled_at = ${isLast ? new Date(now) : null}::timestamptz
    where campaign_id = ${campaignId}::uuid`.execute(tx)
}
