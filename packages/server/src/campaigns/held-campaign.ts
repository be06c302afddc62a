import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignPhase, ErrorThreshold } from '@sanad/protocol/operator-api/campaign-phases'
import type { CampaignKindName } from '@sanad/protocol/operator-api/campaigns'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { CampaignTerms, CampaignToTell } from './campaign-kind.ts'
import './campaign-tables.ts'
import type { Forgiven } from './tallies.ts'

/** A campaign, locked until the step that it takes is committed. */
export interface HeldCampaign extends CampaignToTell {
  readonly kind: CampaignKindName
  readonly state: CampaignState
  readonly terms: CampaignTerms
  readonly isContinuing: boolean
  readonly perMinute: number
  readonly abort: ErrorThreshold
  readonly phases: readonly CampaignPhase[]
  readonly phaseToldAt: Date | null
  readonly forgiven: Forgiven | null
  readonly pacedUntil: Date
  readonly devices: number
  readonly expected: number
  readonly isFilled: boolean
}

/** @returns undefined for one that is over, or that is not there */
export async function holdUnfinished(
  tx: DatabaseTransaction,
  campaignId: string,
): Promise<HeldCampaign | undefined> {
  const { rows } = await sql<HeldCampaign>`
    select campaign_id as "campaignId", kind, state, terms, is_continuing as "isContinuing",
      per_minute as "perMinute", json_build_object('failedPercent', abort_percent, 'ofAtLeast', abort_least,
        'action', abort_action) as abort,
      phases, phase, phase_told_at as "phaseToldAt", forgiven, created_by as "createdBy",
      paced_until as "pacedUntil", devices, expected, filled_at is not null as "isFilled"
    from campaign where campaign_id = ${campaignId}::uuid and finished_at is null
    for update`.execute(tx)
  return rows[0]
}

/** How many devices it has, as far as that is known. */
export const allDevicesOf = ({
  devices,
  expected,
  isFilled,
}: Pick<HeldCampaign, 'devices' | 'expected' | 'isFilled'>): number =>
  isFilled ? devices : Math.max(devices, expected)
