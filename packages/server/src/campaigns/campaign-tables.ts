import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CommandType } from '@sanad/protocol/domain/commands'
import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'

export interface CampaignTable {
  readonly campaign_id: string
  readonly request_sha256: Uint8Array
  readonly name: string
  readonly type: CommandType
  readonly body: JSONColumnType<object>
  readonly filter: JSONColumnType<DeviceFilter>
  readonly is_continuing: boolean
  readonly per_minute: number
  readonly abort_percent: number
  readonly abort_least: number
  readonly life_seconds: number
  readonly maintenance_window: JSONColumnType<MaintenanceWindow | null>
  readonly state: Generated<CampaignState>
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
  readonly final_counts: ColumnType<object | null, string | null | undefined, string | null>
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
