import type { AlsoOf, AnswerOf, BodyOf, Operation, ParamsOf, QueryOf } from './operation.ts'
import { BULK_ACT_OPERATIONS } from './operations/bulk-acts.ts'
import { CAMPAIGN_OPERATIONS } from './operations/campaigns.ts'
import { COMMAND_OPERATIONS } from './operations/commands.ts'
import { DEVICE_OPERATIONS } from './operations/devices.ts'
import { FACT_OPERATIONS } from './operations/facts.ts'
import { GROUP_OPERATIONS } from './operations/groups.ts'
import { IMPORT_OPERATIONS } from './operations/imports.ts'
import { KEY_OPERATIONS } from './operations/keys.ts'
import { MODEL_OPERATIONS } from './operations/models.ts'
import { OPERATOR_OPERATIONS } from './operations/operators.ts'
import { OVERSIGHT_OPERATIONS } from './operations/oversight.ts'
import { POLICY_OPERATIONS } from './operations/policies.ts'
import { PROPOSAL_OPERATIONS } from './operations/proposals.ts'
import { REGISTRATION_OPERATIONS } from './operations/registrations.ts'
import { SESSION_OPERATIONS } from './operations/session.ts'

/** Everything that operators can ask of the server, by operation id; see `operation.ts`. */
export const OPERATIONS = {
  ...SESSION_OPERATIONS,
  ...OPERATOR_OPERATIONS,
  ...DEVICE_OPERATIONS,
  ...FACT_OPERATIONS,
  ...KEY_OPERATIONS,
  ...COMMAND_OPERATIONS,
  ...CAMPAIGN_OPERATIONS,
  ...BULK_ACT_OPERATIONS,
  ...GROUP_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...MODEL_OPERATIONS,
  ...IMPORT_OPERATIONS,
  ...REGISTRATION_OPERATIONS,
  ...OVERSIGHT_OPERATIONS,
  ...PROPOSAL_OPERATIONS,
} as const

export type Operations = typeof OPERATIONS
export type OperationId = keyof Operations

/** Each row as what every operation has. */
export const operationOf = (id: OperationId): Operation => OPERATIONS[id]

// Object.keys widens to string.
export const OPERATION_IDS = Object.keys(OPERATIONS) as readonly OperationId[]

export type Params<Id extends OperationId> = ParamsOf<Operations[Id]>
export type Query<Id extends OperationId> = QueryOf<Operations[Id]>
export type Body<Id extends OperationId, File = never, Bytes = File> = BodyOf<
  Operations[Id],
  File,
  Bytes
>
export type Answer<Id extends OperationId, File = never> = AnswerOf<Operations[Id], File>
export type Also<Id extends OperationId> = AlsoOf<Operations[Id]>

/** Operations that a second person may have to confirm. As a list: `OPERATIONS_FOR_TWO`. */
export type ForTwo = {
  [Id in OperationId]: Operations[Id] extends { readonly isForTwo: true } ? Id : never
}[OperationId]
