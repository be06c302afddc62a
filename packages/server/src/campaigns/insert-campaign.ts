import { MINUTE_MS, HOUR_SECONDS } from '@sanad/protocol/text/durations'
import { DEFAULT_LIFE_HOURS } from '@sanad/protocol/operator-api/commands'
import { ONE_PHASE } from '@sanad/protocol/operator-api/campaign-phases'
import type { CampaignKindName, NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import { SanadError } from '@sanad/protocol/text/problems'
import type { DatabaseTransaction } from '../platform/database.ts'
import { digestRequest } from '../platform/request-digest.ts'
import type { CampaignTerms } from './campaign-kind.ts'
import './campaign-tables.ts'

/** @throws SanadError `request.malformed` for a campaign that does nothing, or two things */
export function kindOf({ command, rotation }: NewCampaign): CampaignKindName {
  if ((command === undefined) === (rotation === undefined))
    throw new SanadError('request.malformed', 'body: a command or a rotation')
  return command === undefined ? 'rotation' : 'command'
}

export const termsOf = ({
  command,
  rotation,
  lifeHours = DEFAULT_LIFE_HOURS,
  maintenanceWindow,
}: NewCampaign): CampaignTerms => ({
  ...(command !== undefined && { command }),
  ...(rotation !== undefined && { rotation }),
  lifeSeconds: lifeHours * HOUR_SECONDS,
  maintenanceWindow: maintenanceWindow ?? null,
})

/**
 * The campaign, without devices.
 *
 * @param now milliseconds since the epoch
 * @returns false for a request that made it already
 * @throws SanadError `request.conflict` for another campaign under the same id
 */
export async function insertCampaign(
  tx: DatabaseTransaction,
  campaign: NewCampaign,
  operatorId: string,
  now: number,
): Promise<boolean> {
  const digest = digestRequest(campaign)
  const { perMinute, abort, filter, deviceIds, phases = ONE_PHASE } = campaign
  const created = await tx
    .insertInto('campaign')
    .values({
      campaign_id: campaign.campaignId,
      request_sha256: digest,
      name: campaign.name,
      kind: kindOf(campaign),
      terms: JSON.stringify(termsOf(campaign)),
      filter: filter === undefined ? null : JSON.stringify(filter),
      device_ids: deviceIds ?? null,
      is_continuing: campaign.isContinuing ?? false,
      per_minute: perMinute,
      abort_percent: abort.failedPercent,
      abort_least: abort.ofAtLeast,
      abort_action: abort.action ?? 'stop',
      phases: JSON.stringify(phases),
      created_at: new Date(now),
      created_by: operatorId,
      // The first goes at once, whatever the rate.
      paced_until: new Date(now - MINUTE_MS / perMinute),
      gathered_at: new Date(now),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('campaign_id')
    .executeTakeFirst()
  if (created !== undefined) return true
  await requireSame(tx, campaign.campaignId, digest, operatorId)
  return false
}

/** @throws SanadError `request.conflict` */
async function requireSame(
  tx: DatabaseTransaction,
  campaignId: string,
  digest: Buffer,
  operatorId: string,
): Promise<void> {
  const known = await tx
    .selectFrom('campaign')
    .select(['request_sha256', 'created_by'])
    .where('campaign_id', '=', campaignId)
    .executeTakeFirstOrThrow()
  if (known.created_by !== operatorId || !digest.equals(known.request_sha256))
    throw new SanadError('request.conflict')
}
