import {
  type Operation,
  answersOf,
  isFileAnswer,
  splitRoute,
  statusOf,
} from '@sanad/protocol/operator-api/operation'
import {
  type Answer,
  type Also,
  type Body,
  type ForTwo,
  type OperationId,
  type Params,
  type Query,
  OPERATION_IDS,
  operationOf,
} from '@sanad/protocol/operator-api/operations'
import type { Proposed } from '@sanad/protocol/operator-api/proposals'
import { readInput } from '@sanad/protocol/operator-api/read-input'
import type { RouteAccess } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import Value from 'typebox/value'
import type { Visit } from './sessions.ts'
import type { World } from './world.ts'

/** Operations as the mock carries them out: each has the types of its declaration. */

export interface MockAsked<Id extends OperationId> {
  readonly world: World
  readonly visit: Visit
  readonly params: Params<Id>
  readonly query: Query<Id>
  /** A file comes as its text. */
  readonly body: Body<Id, string>
}

type MockAnswer<Id extends OperationId> =
  | Answer<Id, string>
  | Also<Id>
  | (Id extends ForTwo ? Proposed : never)

/** A name that no operation has, an input that it does not take or an answer that it does not give do not compile. */
export type MockServings = {
  readonly [Id in OperationId]?: (asked: MockAsked<Id>) => MockAnswer<Id>
}

interface FoundOperation {
  readonly id: OperationId
  readonly access: RouteAccess
  readonly params: Readonly<Record<string, string>>
}

const PATTERNS = OPERATION_IDS.map((id) => {
  const { route, access } = operationOf(id)
  const { method, path } = splitRoute(route)
  const source = path.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')
  return { id, access, method, pattern: new RegExp(`^${source}$`), depth: path.split(':').length }
}).toSorted((a, b) => a.depth - b.depth)

/** Words come before parameters, as in the server: `/devices/counts` is no device. */
export function findOperation(method: string, path: string): FoundOperation | undefined {
  for (const { id, access, method: verb, pattern } of PATTERNS) {
    const match = verb === method ? pattern.exec(path) : null
    if (match !== null) return { id, access, params: { ...match.groups } }
  }
  return undefined
}

interface Sent {
  readonly world: World
  readonly visit: Visit
  readonly query: URLSearchParams
  readonly body: unknown
}

export interface Served {
  readonly status: number
  /** Undefined where the answer has no body. */
  readonly body: unknown
}

/**
 * @throws SanadError `request.not-found` for an operation that the mock does not serve, `request.malformed`, and
 *   whatever the operation is refused with
 */
export function carryOut(
  servings: MockServings,
  { id, params }: FoundOperation,
  { world, visit, query, body }: Sent,
): Served {
  const serving = servings[id]
  if (serving === undefined) throw new SanadError('request.not-found')
  const operation = operationOf(id)
  const asked = { world, visit, ...readInput(operation, { params, query, body }) }
  // The schemas of this very operation checked what was asked.
  const answer: unknown = serving(asked as never)
  return { status: statusOfAnswer(id, operation, answer), body: answer }
}

/** The types say what an answer holds; only its schema says that a time is one. */
function statusOfAnswer(id: OperationId, operation: Operation, answer: unknown): number {
  if (isFileAnswer(operation.answer)) return statusOf(operation)
  for (const [status, schema] of answersOf(operation)) {
    const isOfForm = schema === null ? answer === undefined : Value.Check(schema, answer)
    if (isOfForm) return status
  }
  throw new Error(`the mock’s answer to ${id} is not of a form that is declared`)
}
