import type { Method, NoMembers } from './operation.ts'
import { OPERATION_ROUTES } from './operation-routes.ts'
import type { Also, Answer, Body, ForTwo, OperationId, Params, Query } from './operations.ts'
import type { Proposed } from './proposals.ts'

/** How a caller asks for an operation: typed by its declaration, and without its schemas. */

type ParamsInput<Id extends OperationId> = keyof Params<Id> extends never
  ? NoMembers
  : { readonly params: Params<Id> }
type QueryInput<Id extends OperationId> = keyof Query<Id> extends never
  ? NoMembers
  : NoMembers extends Query<Id>
    ? { readonly query?: Loose<Query<Id>> }
    : { readonly query: Loose<Query<Id>> }
/** What is undefined in a query is not sent. */
type Loose<Members> = {
  readonly [Name in keyof Members]: NoMembers extends Pick<Members, Name>
    ? Members[Name] | undefined
    : Members[Name]
}

type BodyInput<Id extends OperationId, File> =
  Body<Id, File> extends undefined ? NoMembers : { readonly body: Body<Id, File> }

/** What an operation takes. @template File what the caller has for a file */
export type Input<Id extends OperationId, File = never> = ParamsInput<Id> &
  QueryInput<Id> &
  BodyInput<Id, File>

/** The input may be left out where nothing in it is needed. */
export type InputArgument<Id extends OperationId, File = never, More = NoMembers> =
  NoMembers extends Input<Id, File>
    ? [input?: Input<Id, File> & More]
    : [input: Input<Id, File> & More]

/** What an operation answers, of its declared statuses. */
export type Answers<Id extends OperationId, File = never> =
  | Done<Id, File>
  | (Id extends ForTwo ? Proposed : never)

/** What an operation answers that did not become a proposal. */
export type Done<Id extends OperationId, File = never> = Answer<Id, File> | Also<Id>

/** Whatever input, for code that serves all operations. */
export interface AnyInput {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** Method and path below `/api/v1`, its parameters filled in. @throws TypeError for a parameter without a value */
export function addressOf(
  id: OperationId,
  params: AnyInput['params'] = {},
): { readonly method: Method; readonly path: string } {
  const [method, pattern = ''] = OPERATION_ROUTES[id].split(' ')
  const path = pattern.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new TypeError(`${id} needs ${name}`)
    return encodeURIComponent(value)
  })
  // The table has no other methods.
  return { method: method as Method, path }
}
