import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { PolicyScope } from '@sanad/protocol/domain/policy-scopes'
import type { ColumnType, Generated } from 'kysely'

interface PolicyTable {
  readonly policy_id: string
  readonly name: string
  readonly created_at: Generated<Date>
}

interface PolicyVersionTable {
  readonly policy_id: string
  readonly version: number
  readonly settings: ColumnType<PolicySettings, string, never>
  readonly created_at: Generated<Date>
  readonly created_by: string | null
}

interface PolicyAssignmentTable {
  readonly scope: PolicyScope
  readonly target_id: string
  readonly policy_id: string
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly policy: PolicyTable
    readonly policy_version: PolicyVersionTable
    readonly policy_assignment: PolicyAssignmentTable
  }
}

/** The fleet is one: its assignment has this for a target. */
export const FLEET_TARGET = '00000000-0000-0000-0000-000000000000'
