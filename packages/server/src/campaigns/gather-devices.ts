import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { CampaignKinds } from './campaign-kind.ts'
import './campaign-tables.ts'

/** Whom a campaign is for: devices that are named, or all that fit a filter. */

export interface Targets {
  readonly filter?: DeviceFilter | undefined
  readonly deviceIds?: readonly string[] | undefined
}

/** The condition on `d`, a device. @throws SanadError `request.malformed` */
export async function conditionOfTargets(
  database: Database | DatabaseTransaction,
  { filter, deviceIds }: Targets,
  now: number,
): Promise<RawBuilder<boolean>> {
  if ((filter === undefined) === (deviceIds === undefined))
    throw new SanadError('request.malformed', 'body: a filter or deviceIds')
  if (deviceIds !== undefined) return sql<boolean>`d.device_id = any(${deviceIds}::uuid[])`
  return conditionOf(await resolveFilter(database, filter ?? {}, now))
}

export async function countTargets(
  database: Database,
  matching: RawBuilder<boolean>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from device d where ${matching}`.execute(database)
  return rows[0]?.count ?? 0
}

/** Devices that match and are not in it. @returns how many came in */
export async function gatherDevices(
  tx: DatabaseTransaction,
  campaignId: string,
  matching: RawBuilder<boolean>,
  now: number,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with come as (
      insert into campaign_device (campaign_id, device_id)
      select ${campaignId}::uuid, d.device_id from device d
      where ${matching}
        and not exists (select from campaign_device m
          where m.campaign_id = ${campaignId}::uuid and m.device_id = d.device_id)
      on conflict do nothing
      returning 1
    ), counted as (select count(*) as count from come)
    update campaign set devices = devices + counted.count, gathered_at = ${new Date(now)}
    from counted where campaign_id = ${campaignId}::uuid
    returning counted.count`.execute(tx)
  return rows[0]?.count ?? 0
}

const GATHER_EVERY_MS = 5 * 60_000

/** Of a continuing one: devices that came to match since it was looked at last. */
export async function gatherNew(
  database: Database,
  kinds: CampaignKinds,
  campaignId: string,
  now: number,
): Promise<void> {
  const campaign = await database
    .selectFrom('campaign')
    .select(['kind', 'filter'])
    .where('campaign_id', '=', campaignId)
    .where('is_continuing', '=', true)
    .where('state', '=', 'running')
    .where('filled_at', 'is not', null)
    .where('gathered_at', '<=', new Date(now - GATHER_EVERY_MS))
    .executeTakeFirst()
  if (campaign === undefined || campaign.filter === null) return
  const matching = await conditionOfTargets(database, { filter: campaign.filter }, now)
  const { canBeTold } = kinds[campaign.kind]
  await database
    .transaction()
    .execute((tx) => gatherDevices(tx, campaignId, sql`${matching} and ${canBeTold}`, now))
}
