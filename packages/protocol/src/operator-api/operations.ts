import type { AlsoOf, AnswerOf, BodyOf, Operation, ParamsOf, QueryOf } from './operation.ts'
import { DEVICE_OPERATIONS } from './operations/devices.ts'

/** Everything that operators can ask of the server, by operation id; see `operation.ts`. */
export const OPERATIONS = {
  ...DEVICE_OPERATIONS,
} as const

export type Operations = typeof OPERATIONS
export type OperationId = keyof Operations

/** Each row as what every operation has. */
export const operationOf = (id: OperationId): Operation => OPERATIONS[id]

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

/** Operations that a second person may have to confirm. */
export type ForTwo = {
  [Id in OperationId]: Operations[Id] extends { readonly isForTwo: true } ? Id : never
}[OperationId]
