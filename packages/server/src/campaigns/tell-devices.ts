import { MINUTE_MS } from '@sanad/protocol/text/durations'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { CampaignKind } from './campaign-kind.ts'
import './campaign-tables.ts'
import type { HeldCampaign } from './held-campaign.ts'

/**
 * Tells the next devices of a campaign, as many as its rate allows. Which devices were told, what they were told and
 * how far the rate is used are one commit: a server that dies tells none of them twice, and leaves none out.
 */

/** After a pause of the server nothing is made up for beyond this. */
const LONGEST_BURST_MS = MINUTE_MS
/** Devices of one transaction: they are locked until its commit. */
const TOLD_AT_ONCE = 1000

export interface Told {
  /** Told or skipped. */
  readonly devices: number
  readonly told: number
  readonly events: readonly NewEvent[]
}

export async function tellDevices(
  tx: DatabaseTransaction,
  kind: CampaignKind,
  campaign: HeldCampaign,
  atMost: number,
  now: number,
): Promise<Told> {
  const { from, each, allowed } = allowance(campaign, kind, now)
  const count = Math.min(allowed, atMost, TOLD_AT_ONCE)
  if (count <= 0) return NOBODY
  const chosen = await takeWaiting(tx, campaign.campaignId, count)
  if (chosen.length === 0) return NOBODY
  const { told, events } = await kind.tell(tx, campaign, chosen, now)
  await markTold(tx, campaign.campaignId, chosen, told)
  await tx
    .updateTable('campaign')
    .set({ paced_until: new Date(from + chosen.length * each) })
    .where('campaign_id', '=', campaign.campaignId)
    .execute()
  return { devices: chosen.length, told: told.length, events }
}

const NOBODY: Told = { devices: 0, told: 0, events: [] }

function allowance({ perMinute, pacedUntil }: HeldCampaign, kind: CampaignKind, now: number) {
  const each = MINUTE_MS / Math.min(perMinute, kind.mostPerMinute?.() ?? Infinity)
  const from = Math.max(pacedUntil.getTime(), now - Math.max(LONGEST_BURST_MS, each))
  return { from, each, allowed: Math.floor((now - from) / each) }
}

async function takeWaiting(
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
