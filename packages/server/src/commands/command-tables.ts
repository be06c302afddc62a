import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { CommandFailure } from '@sanad/protocol/domain/command-report'
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
  readonly campaign_phase: Generated<number | null>
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

export interface CommandHoldTable {
  readonly campaign_id: string
  readonly state: 'held' | 'cancelled' | 'released'
  readonly wake_place: Generated<number>
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
    readonly command_hold: CommandHoldTable
    readonly command_log: CommandLogTable
    readonly command_key_certificate: CommandKeyCertificateTable
  }
}
