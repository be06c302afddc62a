import type { Role } from '@sanad/protocol/permissions'
import type { Generated } from 'kysely'

export interface OperatorTable {
  readonly operator_id: string
  readonly name: string
  readonly role: Role
  readonly state: Generated<'active' | 'disabled'>
  readonly password_hash: string
  readonly must_change_password: boolean
  readonly created_at: Generated<Date>
  readonly last_signed_in_at: Generated<Date | null>
}

export interface OperatorSessionTable {
  readonly session_id: string
  readonly token_sha256: Uint8Array
  readonly operator_id: string
  readonly signed_in_at: Date
  readonly last_used_at: Date
  readonly ends_at: Date
}

export type FailureScope = 'account-and-address' | 'account' | 'address'

export interface OperatorSignInFailureTable {
  readonly scope: FailureScope
  readonly key: Uint8Array
  readonly failures: number
  readonly last_at: Date
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly operator: OperatorTable
    readonly operator_session: OperatorSessionTable
    readonly operator_sign_in_failure: OperatorSignInFailureTable
  }
}
