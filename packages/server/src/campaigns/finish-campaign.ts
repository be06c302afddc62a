import { campaignLife } from '@sanad/protocol/domain/campaign-lifecycle'
import type { NewEvent } from '@sanad/protocol/domain/events'
import type { DatabaseTransaction } from '../platform/database.ts'
import { countCampaign } from './campaign-counts.ts'
import type { CampaignKind } from './campaign-kind.ts'
import './campaign-tables.ts'
import type { HeldCampaign } from './held-campaign.ts'

/** Nothing of it is open any more: what became of its devices is kept, so that it is not counted again. */
export async function finishCampaign(
  tx: DatabaseTransaction,
  kind: CampaignKind,
  campaign: HeldCampaign,
  now: number,
): Promise<readonly NewEvent[]> {
  const { campaignId, state, devices } = campaign
  // Counted before this transaction; a device may have put something back since.
  if (await kind.isAnyOpen(tx, campaignId)) return []
  await kind.forget(tx, campaignId)
  const isStopped = state === 'stopped'
  const next = isStopped ? state : campaignLife.next(state, 'finish')
  const { counts, phases } = await countCampaign(tx, kind, { ...campaign, state: next })
  await tx
    .updateTable('campaign')
    .set({
      finished_at: new Date(now),
      final_counts: JSON.stringify(counts),
      final_phases: JSON.stringify(phases),
      state: next,
    })
    .where('campaign_id', '=', campaignId)
    .execute()
  // That it was stopped is on record already.
  if (isStopped) return []
  const data = { campaignId, succeeded: counts.succeeded, devices }
  return [{ type: 'campaign.finished', actor: 'server', data }]
}
