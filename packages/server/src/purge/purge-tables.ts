import type { PurgeState } from '@sanad/protocol/operator-api/keys'
import type { ColumnType, Generated } from 'kysely'

interface KeyPurgeTable {
  readonly purge_id: string
  readonly device_id: string
  readonly state: Generated<PurgeState>
  readonly ordered_at: Date
  readonly due_at: Date
  /** Thumbprints of the certificates whose keys may sign for it. */
  readonly signers: readonly string[]
  readonly confirmed_at: ColumnType<Date | null, never, Date>
  /** The purge certificate: a compact JWS. */
  readonly statement: ColumnType<string | null, never, string>
  /** Hex. */
  readonly statement_sha256: ColumnType<string | null, never, string>
  readonly keys: ColumnType<number | null, never, number>
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly key_purge: KeyPurgeTable
  }
}
