import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { ColumnType, Generated } from 'kysely'

interface DeviceTable {
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

declare module '../platform/database.ts' {
  interface Tables {
    readonly device: DeviceTable
  }
}
