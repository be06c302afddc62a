import type { Generated } from 'kysely'

interface DeviceGroupTable {
  readonly group_id: string
  readonly name: string
  readonly country: string | null
  readonly environment: string | null
  readonly created_at: Generated<Date>
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly device_group: DeviceGroupTable
  }
}
