import type {
  BulkActName,
  BulkActState,
  BulkActTerms,
} from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { Generated, JSONColumnType } from 'kysely'

export interface BulkActTable {
  readonly bulk_act_id: string
  readonly request_sha256: Buffer
  readonly act: BulkActName
  readonly terms: JSONColumnType<Omit<BulkActTerms, 'act'>>
  readonly note: string | null
  readonly device_ids: readonly string[] | null
  readonly filter: JSONColumnType<DeviceFilter> | null
  readonly state: Generated<BulkActState>
  readonly devices: number
  readonly created_at: Date
  readonly created_by: string
  readonly started_at: Generated<Date | null>
  readonly finished_at: Generated<Date | null>
  readonly place: Generated<string | null>
  readonly done: Generated<number>
  readonly changed: Generated<number>
  readonly failed: Generated<number>
  readonly tries: Generated<number>
  readonly failure_code: Generated<string | null>
}

export interface BulkActFailureTable {
  readonly bulk_act_id: string
  readonly place: Generated<number>
  readonly device_id: string | null
  readonly serial_no: string
  readonly code: string
  readonly detail: string | null
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly bulk_act: BulkActTable
    readonly bulk_act_failure: BulkActFailureTable
  }
}
