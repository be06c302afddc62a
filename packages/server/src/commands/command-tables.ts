import type { CampaignState, MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { CommandFailure, CommandState, CommandType } from '@sanad/protocol/domain/commands'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'

export interface CommandOrderTable {
  readonly order_id: string
  readonly request_sha256: Uint8Array
  readonly ordered_at: Date
  readonly ordered_by: string
}

export interface CommandTable {
  readonly command_id: string
  readonly place: Generated<number>
  readonly device_id: string
  readonly device_registered_at: Date | null
  readonly order_id: string | null
  readonly campaign_id: string | null
  readonly type: CommandType
  readonly body: JSONColumnType<object>
  readonly state: Generated<CommandState>
  readonly ordered_at: Date
  readonly ordered_by: string
  readonly not_before: Date
  readonly not_after: Date
  readonly maintenance_window: JSONColumnType<MaintenanceWindow | null>
  readonly retries: Generated<number>
  readonly number: Generated<number | null>
  readonly signing_input: Generated<string | null>
  readonly sent_number: Generated<number | null>
  readonly statement: Generated<string | null>
  readonly sent_at: Generated<Date | null>
  readonly attempts: Generated<number>
  readonly retry_after: Generated<Date | null>
  readonly wake_at: Generated<Date | null>
  readonly acknowledged_at: Generated<Date | null>
  readonly progress: Generated<number | null>
  readonly finished_at: Generated<Date | null>
  readonly failure: Generated<CommandFailure | null>
  readonly result: ColumnType<object | null, string | null | undefined, string | null>
  readonly late_state: Generated<'succeeded' | 'failed' | 'refused' | null>
  readonly reported_at: Generated<Date | null>
  readonly report: Generated<string | null>
  readonly report_sha256: Generated<string | null>
}

export interface CommandDeviceTable {
  readonly device_id: string
  readonly last_number: number
}

export interface CommandCampaignTable {
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
  readonly wake_place: Generated<number | null>
  readonly paced_until: Date
  readonly gathered_at: Date
  readonly finished_at: Generated<Date | null>
  readonly final_counts: ColumnType<object | null, string | null | undefined, string | null>
}

export interface CommandCampaignDeviceTable {
  readonly campaign_id: string
  readonly device_id: string
  readonly outcome: Generated<'ordered' | 'skipped' | null>
}

export interface CommandLogTable {
  readonly command_id: string
  readonly device_id: string
  readonly text: string
  readonly received_at: Date
}

export interface CommandKeyCertificateTable {
  readonly sha256: string
  readonly hsm_key_id: string
  readonly der: Uint8Array
  readonly not_after: Date
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly command_order: CommandOrderTable
    readonly command: CommandTable
    readonly command_device: CommandDeviceTable
    readonly command_campaign: CommandCampaignTable
    readonly command_campaign_device: CommandCampaignDeviceTable
    readonly command_log: CommandLogTable
    readonly command_key_certificate: CommandKeyCertificateTable
  }
}
