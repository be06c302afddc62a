import type { ImportColumn } from '@sanad/protocol/domain/import-columns'
import type {
  ImportFormat,
  ImportReading,
  WarningChoice,
} from '@sanad/protocol/operator-api/imports'
import type { RowFindingCode } from '@sanad/protocol/operator-api/row-findings'
import type { ImportState } from '@sanad/protocol/domain/import-lifecycle'
import type { ColumnType, Generated } from 'kysely'

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
  /** {@link file://./judge-again.ts} */
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
    readonly device_import: DeviceImportTable
    readonly device_import_progress: DeviceImportProgressTable
    readonly device_import_row: DeviceImportRowTable
    readonly device_import_error: DeviceImportErrorTable
  }
}
