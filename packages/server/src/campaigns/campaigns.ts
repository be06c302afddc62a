import { DEFAULT_LIFE_HOURS } from '@sanad/protocol/operator-api/commands'
import {
  type CampaignAct,
  type CampaignState,
  campaignLife,
} from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignView, NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import { requireCommandBody } from '@sanad/protocol/domain/commands'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_SECONDS, MINUTE_MS } from '@sanad/protocol/text/durations'
import { type RawBuilder, sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { digestRequest } from '../platform/request-digest.ts'
import { countOutcomes } from './campaign-counts.ts'
import { readCampaign } from './campaign-view.ts'
import { cancelCommands, holdCommands, releaseCommands } from '../commands/command-holds.ts'
import { jsonOrNull } from '../commands/order-commands.ts'
import './campaign-tables.ts'
import { TELLABLE_DEVICE } from '../commands/tellable-device.ts'

/** One command to many devices, at a rate, until it is done or too much of it fails. */

export interface CampaignsOptions {
  readonly database: Database
  readonly clock: Clock
  /** Devices that are gathered in the request. */
  readonly mostAtOnce?: number
}

/** Gathered in a tenth of a second, as long as any other request takes; what is more is gathered afterwards. */
const MOST_GATHERED_AT_ONCE = 5_000

export class Campaigns {
  readonly #options: CampaignsOptions

  constructor(options: CampaignsOptions) {
    this.#options = options
  }

  /**
   * Whom it is for is settled now, but for a continuing one; where that are many, they are gathered afterwards by
   * {@link fillCampaigns}. The same request again makes no second one.
   *
   * @throws SanadError `request.malformed`, `request.conflict`
   */
  async create(campaign: NewCampaign, operatorId: string): Promise<CampaignView> {
    const { database, clock, mostAtOnce = MOST_GATHERED_AT_ONCE } = this.#options
    const { campaignId, command, note, isContinuing = false } = campaign
    requireCommandBody(command.type, command.body)
    if (isContinuing && command.type === 'deregister')
      throw new SanadError('request.malformed', 'a continuing campaign does not de-register')
    const matching = conditionOf(await resolveFilter(database, campaign.filter, clock()))
    const expected = await countTellable(database, matching)
    const isLarge = expected > mostAtOnce
    await database.transaction().execute(async (tx) => {
      const now = clock()
      if (!(await isNewCampaign(tx, campaign, operatorId, now))) return
      const devices = isLarge
        ? await openToFill(tx, campaignId, expected)
        : await gatherAll(tx, campaignId, matching, now)
      const data = { campaignId, commandType: command.type, devices, isContinuing }
      const actor = operatorActor(operatorId)
      await recordEvents(tx, [{ type: 'campaign.created', actor, data, note }])
    })
    return readCampaign(database, campaignId)
  }

  /** What was sent goes on; what waits, waits. @throws SanadError `campaign.not-found`, `campaign.state-refused` */
  pause(campaignId: string, operatorId: string): Promise<CampaignView> {
    return this.#act(campaignId, 'pause', async (tx) => {
      await holdCommands(tx, campaignId)
      return [{ type: 'campaign.paused', actor: operatorActor(operatorId), data: { campaignId } }]
    })
  }

  /** @throws SanadError `campaign.not-found`, `campaign.state-refused` */
  resume(campaignId: string, operatorId: string): Promise<CampaignView> {
    return this.#act(campaignId, 'resume', async (tx) => {
      // The rate counts from now: what was not sent meanwhile is not made up for.
      await tx
        .updateTable('campaign')
        .set({ paced_until: new Date(this.#options.clock()) })
        .where('campaign_id', '=', campaignId)
        .execute()
      await releaseCommands(tx, campaignId)
      return [{ type: 'campaign.resumed', actor: operatorActor(operatorId), data: { campaignId } }]
    })
  }

  /** For good. What is not sent yet is cancelled. @throws SanadError `campaign.not-found`, `campaign.state-refused` */
  stop(campaignId: string, operatorId: string): Promise<CampaignView> {
    return this.#act(campaignId, 'stop', async (tx) => [
      await stopCampaign(tx, campaignId, 'operator', operatorActor(operatorId)),
    ])
  }

  async #act(
    campaignId: string,
    act: CampaignAct,
    change: (tx: DatabaseTransaction) => Promise<readonly NewEvent[]>,
  ): Promise<CampaignView> {
    const { database } = this.#options
    await database.transaction().execute(async (tx) => {
      const state = await holdCampaign(tx, campaignId)
      const next = campaignLife.next(state, act)
      if (next !== 'stopped')
        await tx
          .updateTable('campaign')
          .set({ state: next })
          .where('campaign_id', '=', campaignId)
          .execute()
      await recordEvents(tx, await change(tx))
    })
    return readCampaign(database, campaignId)
  }
}

async function holdCampaign(tx: DatabaseTransaction, campaignId: string): Promise<CampaignState> {
  const row = await tx
    .selectFrom('campaign')
    .select('state')
    .where('campaign_id', '=', campaignId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('campaign.not-found')
  return row.state
}

/** @throws SanadError `request.conflict` for another campaign under the same id */
async function isNewCampaign(
  tx: DatabaseTransaction,
  campaign: NewCampaign,
  operatorId: string,
  now: number,
): Promise<boolean> {
  const digest = digestRequest(campaign)
  const { command, perMinute, abort, lifeHours = DEFAULT_LIFE_HOURS } = campaign
  // The first goes at once, whatever the rate.
  const pacedUntil = new Date(now - MINUTE_MS / perMinute)
  const { rows } = await sql`
    insert into campaign (campaign_id, request_sha256, name, type, body, filter, is_continuing,
      per_minute, abort_percent, abort_least, life_seconds, maintenance_window, created_at, created_by,
      paced_until, gathered_at)
    values (${campaign.campaignId}::uuid, ${digest}, ${campaign.name}, ${command.type},
      ${JSON.stringify(command.body)}::jsonb, ${JSON.stringify(campaign.filter)}::jsonb,
      ${campaign.isContinuing ?? false}, ${perMinute}, ${abort.failedPercent}, ${abort.ofAtLeast},
      ${lifeHours * HOUR_SECONDS}, ${jsonOrNull(campaign.maintenanceWindow)}::jsonb, ${new Date(now)},
      ${operatorId}::uuid, ${pacedUntil}, ${new Date(now)})
    on conflict (campaign_id) do nothing returning campaign_id`.execute(tx)
  if (rows.length > 0) return true
  const known = await tx
    .selectFrom('campaign')
    .select(['request_sha256', 'created_by'])
    .where('campaign_id', '=', campaign.campaignId)
    .executeTakeFirstOrThrow()
  if (known.created_by !== operatorId || !digest.equals(known.request_sha256))
    throw new SanadError('request.conflict')
  return false
}

async function countTellable(database: Database, matching: RawBuilder<boolean>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from device d where ${matching} and ${TELLABLE_DEVICE}`.execute(database)
  return rows[0]?.count ?? 0
}

/** @returns how many are expected */
async function openToFill(
  tx: DatabaseTransaction,
  campaignId: string,
  expected: number,
): Promise<number> {
  await tx.updateTable('campaign').set({ expected }).where('campaign_id', '=', campaignId).execute()
  return expected
}

/** @returns how many there are */
async function gatherAll(
  tx: DatabaseTransaction,
  campaignId: string,
  matching: RawBuilder<boolean>,
  now: number,
): Promise<number> {
  const devices = await gatherDevices(tx, campaignId, matching, now)
  await tx
    .updateTable('campaign')
    .set({ expected: devices, filled_at: new Date(now) })
    .where('campaign_id', '=', campaignId)
    .execute()
  return devices
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
      where ${matching} and ${TELLABLE_DEVICE}
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

/** What is not sent yet is cancelled by and by, and not served any more from this commit on. */
export async function stopCampaign(
  tx: DatabaseTransaction,
  campaignId: string,
  because: 'operator' | 'failures',
  actor: NewEvent['actor'],
): Promise<NewEvent> {
  await tx
    .updateTable('campaign')
    .set({ state: 'stopped', stopped_because: because })
    .where('campaign_id', '=', campaignId)
    .execute()
  await cancelCommands(tx, campaignId)
  const { failed, refused, succeeded } = await countOutcomes(tx, campaignId)
  const data = {
    campaignId,
    because,
    failed: failed + refused,
    ended: failed + refused + succeeded,
  }
  return { type: 'campaign.stopped', actor, data }
}

/**
 * Before a command of it is ordered again: a stopped campaign sends nothing more, and a finished one is counted again.
 *
 * @throws SanadError `campaign.state-refused`
 */
export async function reopenCampaign(tx: DatabaseTransaction, campaignId: string): Promise<void> {
  const { rows } = await sql<{ state: CampaignState }>`
    update campaign set final_counts = null where campaign_id = ${campaignId}::uuid
    returning state`.execute(tx)
  if (rows[0]?.state === 'stopped') throw new SanadError('campaign.state-refused', 'stopped')
}
