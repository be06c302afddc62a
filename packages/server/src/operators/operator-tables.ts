import type { Role } from '@sanad/protocol/domain/permissions'
import type { Generated } from 'kysely'

export interface OperatorTable {
  readonly operator_id: string
  readonly name: string
  /** The name as it is compared, see `foldName`. */
  readonly name_key: string
  readonly role: Role
  readonly state: Generated<'active' | 'disabled'>
  /** Null: reset, or invited and not come yet. */
  readonly password_hash: string | null
  readonly must_change_password: boolean
  /** Of a one-time password, which must be changed. */
  readonly password_ends_at: Date | null
  readonly created_at: Generated<Date>
  readonly last_signed_in_at: Generated<Date | null>
}

export interface OperatorInvitationTable {
  readonly operator_id: string
  readonly token_sha256: Uint8Array
  readonly created_at: Date
  readonly ends_at: Date
}

export interface OperatorSessionTable {
  readonly session_id: string
  readonly token_sha256: Uint8Array
  readonly operator_id: string
  readonly signed_in_at: Date
  readonly last_used_at: Date
  readonly ends_at: Date
  readonly address: Generated<string>
  readonly browser: Generated<string>
}

export type GuessScope = 'browser' | 'name-and-network' | 'signed-in'

export interface OperatorGuessTable {
  readonly scope: GuessScope
  readonly key: Uint8Array
  readonly is_known_name: boolean
  readonly failures: number
  readonly last_at: Date
  readonly turn_at: Date | null
}

export interface OperatorGuessPaceTable {
  readonly key: Uint8Array
  readonly paid_until: Date
}

export interface OperatorBrowserKeyTable {
  readonly key: Uint8Array
}

export interface OperatorFailedSignInsTable {
  readonly hour: Date
  readonly operator_id: string
  readonly failures: number
  readonly last_address: string
}

export interface OperatorAccessLogTable {
  readonly entry_id: Generated<number>
  readonly at: Date
  readonly request_id: string
  readonly method: string
  readonly route: string
  readonly path: string | null
  readonly status: number
  readonly code: string | null
  readonly address: string
  readonly operator_id: string | null
  readonly occurrences: number
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly operator: OperatorTable
    readonly operator_invitation: OperatorInvitationTable
    readonly operator_session: OperatorSessionTable
    readonly operator_guess: OperatorGuessTable
    readonly operator_guess_pace: OperatorGuessPaceTable
    readonly operator_browser_key: OperatorBrowserKeyTable
    readonly operator_access_log: OperatorAccessLogTable
    readonly operator_failed_sign_ins: OperatorFailedSignInsTable
  }
}
