import type { L0Policy } from '@sanad/protocol/domain/device-proof'
import type { DeviceType, Level } from '@sanad/protocol/domain/device-kinds'
import type { ModelState } from '@sanad/protocol/operator-api/models'
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

declare module '../platform/database.ts' {
  interface Tables {
    readonly ftm_provider: FtmProviderTable
    readonly device_model: DeviceModelTable
  }
}
