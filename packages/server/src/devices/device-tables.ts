import type {
  ImportFormat,
  ImportReading,
  ImportState,
  RowFindingCode,
  WarningChoice,
} from '@sanad/protocol/operator-api/imports'
import type { ImportColumn } from '@sanad/protocol/domain/import-columns'
import type { L0Policy } from '@sanad/protocol/domain/device-proof'
import type { ModelState } from '@sanad/protocol/operator-api/models'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { DeviceType, Level } from '@sanad/protocol/domain/digital-id'
import type { ColumnType, Generated } from 'kysely'

export interface FtmProviderTable {
  readonly ftm_provider_id: string
  readonly name: string
  readonly subject: string
  readonly certificate: Uint8Array
  readonly certificate_sha256: Uint8Array
  readonly not_before: Date
  readonly not_after: Date
  readonly state: Generated<'trusted' | 'retired'>
  readonly added_at: Generated<Date>
  readonly retired_at: ColumnType<Date | null, never, Date>
}

export interface DeviceModelTable {
  readonly model_id: string
  readonly make: string
  readonly model: string
  readonly device_type: DeviceType
  readonly device_sub_type: string
  readonly level: Level
  readonly device_provider: string
  readonly device_provider_id: string
  readonly ftm_provider_id: string | null
  readonly l0_policy: L0Policy | null
  readonly serial_no_form: string | null
  readonly state: Generated<ModelState>
  readonly created_at: Generated<Date>
  readonly retired_at: ColumnType<Date | null, never, Date>
}

export interface DeviceTable {
  readonly device_id: string
  readonly model_id: string
  readonly serial_no: string
  readonly state: Generated<DeviceState>
  readonly revision: Generated<number>
  readonly ftm_certificate_sha256: Uint8Array | null
  readonly enrolment_secret_sha256: Uint8Array | null
  readonly enrolment_secret_used_at: ColumnType<Date | null, never, Date | null>
  readonly approved_at: Generated<Date>
  readonly registered_at: ColumnType<Date | null, never, Date | null>
  readonly state_changed_at: Generated<Date>
  readonly import_id: ColumnType<string | null, string | undefined, never>
  readonly group_id: ColumnType<string | null, string | null | undefined, string | null>
}

export interface DeviceGroupTable {
  readonly group_id: string
  readonly name: string
  readonly country: string | null
  readonly environment: string | null
  readonly created_at: Generated<Date>
}

export interface DeviceImportTable {
  readonly import_id: string
  readonly format: ImportFormat
  readonly state: ImportState
  readonly signer: string | null
  readonly signer_certificate_sha256: Uint8Array | null
  readonly signer_ftm_provider_id: string | null
  readonly file_sha256: Uint8Array | null
  readonly bytes_expected: number | null
  readonly rows_read: Generated<number>
  readonly rows_valid: number | null
  readonly rows_with_errors: number | null
  /** Of the valid rows. */
  readonly rows_with_warnings: number | null
  readonly rows_applied: Generated<number>
  readonly file_name: string | null
  readonly reading: ColumnType<ImportReading | null, string | null, string | null>
  /** {@link file://./imports/judge-again.ts} */
  readonly serial_no_forms: ColumnType<
    Readonly<Record<string, string>> | null,
    string | null,
    string | null
  >
  readonly failure_code: string | null
  readonly failure_detail: string | null
  readonly failure_row: number | null
  readonly choice: 'all' | 'valid' | null
  readonly warnings: WarningChoice | null
  readonly uploaded_by: string
  readonly confirmed_by: string | null
  readonly uploaded_at: Generated<Date>
  readonly finished_at: Date | null
}

export interface DeviceImportProgressTable {
  readonly import_id: string
  readonly worker: string
  readonly bytes_done: Generated<number>
  readonly rows_done: Generated<number>
  readonly step_started_at: Generated<Date>
  readonly alive_at: Generated<Date>
}

export interface DeviceImportRowTable {
  readonly import_id: string
  readonly row_no: number
  readonly device_id: Generated<string>
  readonly model_id: string
  readonly serial_no: string
  readonly ftm_certificate_sha256: Uint8Array | null
  readonly enrolment_secret_sha256: Uint8Array | null
  readonly group_id: string | null
}

export interface DeviceImportErrorTable {
  readonly import_id: string
  readonly row_no: number
  readonly code: RowFindingCode
  readonly column_name: Generated<ImportColumn | ''>
  readonly serial_no: string | null
  readonly is_warning: Generated<boolean>
  readonly detail: string | null
  readonly other_serial_no: string | null
  readonly other_row: number | null
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly ftm_provider: FtmProviderTable
    readonly device_model: DeviceModelTable
    readonly device: DeviceTable
    readonly device_group: DeviceGroupTable
    readonly device_import: DeviceImportTable
    readonly device_import_progress: DeviceImportProgressTable
    readonly device_import_row: DeviceImportRowTable
    readonly device_import_error: DeviceImportErrorTable
  }
}
