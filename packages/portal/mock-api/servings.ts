import { splitRoute } from '@sanad/protocol/operator-api/operation'
import {
  type Answer,
  type Also,
  type Body,
  type OperationId,
  type Params,
  type Query,
  OPERATION_IDS,
  operationOf,
} from '@sanad/protocol/operator-api/operations'
import { readInput } from '@sanad/protocol/operator-api/read-input'
import type { RouteAccess } from '@sanad/protocol/domain/permissions'
import type { World } from './world.ts'

/** Operations as the mock carries them out: each has the types of its declaration. */

export interface MockAsked<Id extends OperationId> {
  readonly world: World
  readonly params: Params<Id>
  readonly query: Query<Id>
  /** A file comes as its text. */
  readonly body: Body<Id, string>
}

export type MockServings = {
  readonly [Id in OperationId]?: (asked: MockAsked<Id>) => Answer<Id, string> | Also<Id>
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
  readonly query: URLSearchParams
  readonly body: unknown
}

/** @throws SanadError `request.malformed`, and whatever the operation is refused with */
export function carryOut(
  servings: MockServings,
  { id, params }: FoundOperation,
  { world, query, body }: Sent,
): unknown {
  const serving = servings[id]
  if (serving === undefined) return undefined
  const asked = { world, ...readInput(operationOf(id), { params, query, body }) }
  // The schemas of this very operation checked what was asked.
  return serving(asked as never)
}
