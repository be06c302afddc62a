import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { type CampaignPhase, sizeOfPhase } from '@sanad/protocol/operator-api/campaign-phases'
import type {
  CampaignCounts,
  CampaignPhaseView,
  PhaseState,
} from '@sanad/protocol/operator-api/campaigns'
import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { instant } from '../platform/instant.ts'
import type { CampaignKind } from './campaign-kind.ts'
import './campaign-tables.ts'
import { allDevicesOf } from './held-campaign.ts'
import { countStates, tally, toldOf } from './tallies.ts'

/** How far a campaign has come. Counted off indexes; a counter would make all its devices wait for one row. */

export interface CountedCampaign {
  readonly campaignId: string
  readonly state: CampaignState
  readonly phases: readonly CampaignPhase[]
  readonly phase: number
  readonly phaseToldAt: Date | null
  readonly devices: number
  readonly expected: number
  readonly isFilled: boolean
}

export interface Counted {
  readonly counts: CampaignCounts
  readonly phases: readonly CampaignPhaseView[]
}

export async function countCampaign(
  database: Database | DatabaseTransaction,
  kind: CampaignKind,
  campaign: CountedCampaign,
): Promise<Counted> {
  const { campaignId, phases } = campaign
  const outcomes = await kind.countOutcomes(database, campaignId)
  const { rows } = await sql<{ waiting: number; skipped: number }>`
    select
      (select count(*) from campaign_device
        where campaign_id = ${campaignId}::uuid and outcome is null) as waiting,
      (select count(*) from campaign_device
        where campaign_id = ${campaignId}::uuid and outcome = 'skipped') as skipped`.execute(
    database,
  )
  const { waiting, skipped } = rows[0] ?? { waiting: 0, skipped: 0 }
  return {
    counts: { waiting, skipped, ...countStates(outcomes) },
    phases: phases.map((phase, index) => {
      const { open, succeeded, failed, lapsed } = tally(outcomes, index)
      const upTo = sizeOfPhase(phases, index, allDevicesOf(campaign))
      const state = stateOfPhase(campaign, index)
      return {
        ...phase,
        state,
        upTo: Number.isFinite(upTo) ? upTo : null,
        told: toldOf({ open, succeeded, failed, lapsed }),
        open,
        succeeded,
        failed,
        lapsed,
        soaksUntil: state === 'soaking' ? soaksUntil(campaign, phase) : null,
      }
    }),
  }
}

function stateOfPhase({ state, phase, phaseToldAt }: CountedCampaign, index: number): PhaseState {
  if (index < phase || (index === phase && state === 'finished')) return 'passed'
  if (index > phase) return 'ahead'
  return phaseToldAt === null ? 'running' : 'soaking'
}

function soaksUntil({ phaseToldAt }: CountedCampaign, { soakMinutes = 0 }: CampaignPhase) {
  if (phaseToldAt === null) return null
  return instant(new Date(phaseToldAt.getTime() + soakMinutes * MINUTE_MS))
}
