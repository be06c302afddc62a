import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignPhase } from '@sanad/protocol/operator-api/campaign-phases'
import type { CampaignKindName, PauseReason } from '@sanad/protocol/operator-api/campaigns'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { CampaignTerms } from './campaign-kind.ts'
import type { Forgiven } from './tallies.ts'

type Json<T> = ColumnType<T | null, string | null | undefined, string | null>

export interface CampaignTable {
  readonly campaign_id: string
  readonly request_sha256: Uint8Array
  readonly name: string
  readonly kind: CampaignKindName
  readonly terms: JSONColumnType<CampaignTerms>
  readonly filter: JSONColumnType<DeviceFilter> | null
  readonly device_ids: readonly string[] | null
  readonly is_continuing: boolean
  readonly per_minute: number
  readonly abort_percent: number
  readonly abort_least: number
  readonly abort_action: Generated<'pause' | 'stop'>
  readonly phases: JSONColumnType<readonly CampaignPhase[]>
  readonly phase: Generated<number>
  readonly phase_told_at: Generated<Date | null>
  readonly forgiven: Json<Forgiven>
  readonly state: Generated<CampaignState>
  readonly paused_because: Generated<PauseReason | null>
  readonly stopped_because: Generated<'operator' | 'failures' | null>
  readonly created_at: Date
  readonly created_by: string
  readonly devices: Generated<number>
  readonly expected: Generated<number>
  readonly filled_at: Generated<Date | null>
  readonly fill_place: Generated<string | null>
  readonly paced_until: Date
  readonly gathered_at: Date
  readonly finished_at: Generated<Date | null>
  readonly final_counts: Json<object>
  readonly final_phases: Json<object>
}

export interface CampaignDeviceTable {
  readonly campaign_id: string
  readonly device_id: string
  readonly outcome: Generated<'ordered' | 'skipped' | null>
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly campaign: CampaignTable
    readonly campaign_device: CampaignDeviceTable
  }
}
