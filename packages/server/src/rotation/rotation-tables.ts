import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { Reason } from '@sanad/protocol/domain/reasons'
import type { ColumnType, Generated } from 'kysely'

export interface RotationOrderTable {
  readonly order_id: string
  readonly request_sha256: Buffer | null
  readonly reason: Reason
  readonly note: string | null
  readonly ordered_at: Date
  readonly ordered_by: string
  readonly window_start: Date
  readonly window_end: Date
  readonly devices: Generated<number>
  readonly cancelled_at: Generated<Date | null>
  readonly filter: ColumnType<DeviceFilter | null, string | null | undefined, never>
  readonly filled: Generated<number>
  readonly filled_at: Generated<Date | null>
  readonly fill_place: Generated<string | null>
  readonly is_of_campaign: Generated<boolean>
  readonly to_cancel: Generated<number | null>
  readonly settled_at: Generated<Date | null>
}

export interface RotationOrderDeviceTable {
  readonly order_id: string
  readonly device_id: string
  readonly ordered_at: Date
  readonly window_start: Date
  readonly window_end: Date
  readonly outcome: Generated<'rotated' | 'cancelled' | 'overtaken' | 'expired' | null>
  readonly settled_at: Generated<Date | null>
  readonly wake_at: Generated<Date | null>
  readonly campaign_phase: Generated<number | null>
  readonly expires_at: Generated<Date | null>
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly rotation_order: RotationOrderTable
    readonly rotation_order_device: RotationOrderDeviceTable
  }
}
