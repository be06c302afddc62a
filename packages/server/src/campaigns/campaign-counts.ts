import type { CampaignCounts } from '@sanad/protocol/operator-api/campaigns'
import { sql } from 'kysely'
import { countCommands } from '../commands/campaign-commands.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import './campaign-tables.ts'

/** How far a campaign has come. Counted off indexes; a counter would make all its devices wait for one row. */

const NONE: CampaignCounts = {
  waiting: 0,
  skipped: 0,
  queued: 0,
  sent: 0,
  acknowledged: 0,
  succeeded: 0,
  failed: 0,
  refused: 0,
  expired: 0,
  cancelled: 0,
}

/** By state of its commands; `waiting` and `skipped` stay 0. */
export async function countOutcomes(
  database: Database | DatabaseTransaction,
  campaignId: string,
): Promise<CampaignCounts> {
  const rows = await countCommands(database, campaignId)
  return { ...NONE, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) }
}

export async function countCampaign(
  database: Database | DatabaseTransaction,
  campaignId: string,
): Promise<CampaignCounts> {
  const outcomes = await countOutcomes(database, campaignId)
  const { rows } = await sql<{ waiting: number; skipped: number }>`
    select
      (select count(*) from campaign_device
        where campaign_id = ${campaignId}::uuid and outcome is null) as waiting,
      (select count(*) from campaign_device
        where campaign_id = ${campaignId}::uuid and outcome = 'skipped') as skipped`.execute(
    database,
  )
  return { ...outcomes, ...rows[0] }
}
