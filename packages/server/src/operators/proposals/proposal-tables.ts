import type { Reason } from '@sanad/protocol/domain/reasons'
import type { ProposalState, TwoPersonKind } from '@sanad/protocol/domain/proposals'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import type { BlastRadius } from '@sanad/protocol/operator-api/proposals'
import type { Generated, JSONColumnType } from 'kysely'

/** Path parameters, query and body of an operation, as they were sent. */
export interface ProposedInput {
  readonly params: object
  readonly query: object
  readonly body: object | null
}

export interface ProposalTable {
  readonly proposal_id: string
  readonly kind: TwoPersonKind
  readonly operation: ForTwo
  readonly input: JSONColumnType<ProposedInput>
  readonly digest: Buffer
  readonly target: string
  readonly concerns: string | null
  readonly state: Generated<ProposalState>
  readonly blast_radius: JSONColumnType<BlastRadius>
  readonly devices: number
  readonly proposed_by: string
  readonly proposed_at: Date
  readonly expires_at: Date
  readonly confirmed_by: Generated<string | null>
  readonly confirmed_at: Generated<Date | null>
  readonly carry_out_at: Generated<Date | null>
  readonly glass_reason: Generated<Reason | null>
  readonly glass_note: Generated<string | null>
  readonly attempt: Generated<string | null>
  readonly attempted_at: Generated<Date | null>
  readonly attempts: Generated<number>
  readonly ended_at: Generated<Date | null>
  readonly ended_by: Generated<string | null>
  readonly superseded_by: Generated<string | null>
  readonly failure_code: Generated<string | null>
}

export interface TwoPersonRulesTable {
  readonly only_row: Generated<boolean>
  readonly kinds: readonly TwoPersonKind[]
  readonly valid_hours: number
  readonly delay_minutes: number
}

declare module '../../platform/database.ts' {
  interface Tables {
    readonly proposal: ProposalTable
    readonly two_person_rules: TwoPersonRulesTable
  }
}
