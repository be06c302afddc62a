import { campaignLife } from '@sanad/protocol/domain/campaign-lifecycle'
import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { PauseReason } from '@sanad/protocol/operator-api/campaigns'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { CampaignKind, Outcome } from './campaign-kind.ts'
import './campaign-tables.ts'
import type { HeldCampaign } from './held-campaign.ts'
import { type Forgiven, tally } from './tallies.ts'

/** A campaign is paused, resumed or stopped: by an operator, or by its own thresholds. */

type Halted = Pick<HeldCampaign, 'campaignId' | 'state' | 'phase'>

/** From this commit on nothing of it is sent, not even what waits. @throws SanadError `campaign.state-refused` */
export async function pauseCampaign(
  tx: DatabaseTransaction,
  kind: CampaignKind,
  { campaignId, state }: Halted,
  because: PauseReason,
  actor: Actor,
): Promise<NewEvent> {
  await tx
    .updateTable('campaign')
    .set({ state: campaignLife.next(state, 'pause'), paused_because: because })
    .where('campaign_id', '=', campaignId)
    .execute()
  await kind.hold(tx, campaignId)
  const data = { campaignId, ...(because !== 'operator' && { because }) }
  return { type: 'campaign.paused', actor, data }
}

/**
 * What failed until now is not held against it again. The rate counts from now: what was not sent meanwhile is not
 * made up for.
 *
 * @throws SanadError `campaign.state-refused`
 */
export async function resumeCampaign(
  tx: DatabaseTransaction,
  kind: CampaignKind,
  { campaignId, state, phase }: Halted,
  actor: Actor,
  now: number,
): Promise<NewEvent> {
  const next = campaignLife.next(state, 'resume')
  const outcomes = await kind.countOutcomes(tx, campaignId)
  await tx
    .updateTable('campaign')
    .set({
      state: next,
      paused_because: null,
      paced_until: new Date(now),
      forgiven: JSON.stringify(forgive(outcomes, phase)),
    })
    .where('campaign_id', '=', campaignId)
    .execute()
  await kind.release(tx, campaignId)
  return { type: 'campaign.resumed', actor, data: { campaignId } }
}

function forgive(outcomes: readonly Outcome[], phase: number): Forgiven {
  const ended = (of?: number) => {
    const { succeeded, failed } = tally(outcomes, of)
    return { succeeded, failed }
  }
  return { phase, whole: ended(), current: ended(phase) }
}

/** What is not sent yet is taken back by and by, and not sent any more from this commit on. */
export async function stopCampaign(
  tx: DatabaseTransaction,
  kind: CampaignKind,
  { campaignId, state }: Halted,
  because: 'operator' | 'failures',
  actor: Actor,
  now: number,
): Promise<NewEvent> {
  await tx
    .updateTable('campaign')
    .set({
      state: campaignLife.next(state, 'stop'),
      stopped_because: because,
      paused_because: null,
    })
    .where('campaign_id', '=', campaignId)
    .execute()
  await kind.cancel(tx, campaignId, now)
  const { failed, succeeded } = tally(await kind.countOutcomes(tx, campaignId))
  const data = { campaignId, because, failed, ended: failed + succeeded }
  return { type: 'campaign.stopped', actor, data }
}
