import type { Generated } from 'kysely'

export interface RevocationListTable {
  readonly crl_name: string
  readonly shard: number
  readonly number: number
  readonly follows: number | null
  readonly this_update: Date
  readonly next_update: Date
  readonly entries: number
  readonly der: Uint8Array
  readonly sha256: string
  readonly provider_certificate_id: string
  readonly is_recorded: boolean
}

interface RevocationTouchTable {
  readonly touch_id: Generated<number>
  readonly crl_name: string
  readonly shard: number
}

interface RevocationHealthTable {
  readonly is_only: Generated<boolean>
  readonly problem: string | null
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly revocation_list: RevocationListTable
    readonly revocation_touch: RevocationTouchTable
    readonly revocation_health: RevocationHealthTable
  }
}
