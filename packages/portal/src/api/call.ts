import {
  type Answers,
  type AnyInput,
  type InputArgument,
  addressOf,
} from '@sanad/protocol/operator-api/ask'
import type { OperationId, Operations } from '@sanad/protocol/operator-api/operations'
import {
  type InvalidateQueryFilters,
  infiniteQueryOptions,
  queryOptions,
} from '@tanstack/react-query'
import { type Query, apiUrl, send } from './request.ts'

/**
 * The operations of the server, by their name: input and answer have the types of their one declaration.
 *
 * @example
 * useQuery(query('readDevice', { params: { deviceId } }))
 * await call('suspendDevice', { params: { deviceId }, body: { reason: 'lost' } })
 * await client.invalidateQueries(stale('listDevices', 'countDevices'))
 */

interface Aborting {
  readonly signal?: AbortSignal
}

/** Carries out an operation. @throws PortalProblem */
export function call<Id extends OperationId>(
  id: Id,
  ...[input]: InputArgument<Id, Blob, Aborting>
): Promise<Answers<Id>> {
  const { params, query: asked, body, signal } = (input ?? {}) as AnyInput & Aborting
  const { method, path } = addressOf(id, params)
  // The schemas of this operation say what its query holds, and what it answers.
  return send<Answers<Id>>(path, {
    method,
    query: asked as Query,
    body,
    ...(signal !== undefined && { signal }),
  })
}

/** The address of an operation that answers a file, for a link. */
export function fileUrl<Id extends FileId>(id: Id, ...[input]: InputArgument<Id>): string {
  const { params, query: asked } = (input ?? {}) as AnyInput
  return apiUrl(addressOf(id, params).path, asked as Query)
}

type FileId = {
  [Id in OperationId]: Operations[Id] extends { readonly answer: { readonly mediaType: string } }
    ? Id
    : never
}[OperationId]

/** The options of a query that asks for an operation. Others may be spread beside them. */
export function query<Id extends OperationId>(id: Id, ...[input]: InputArgument<Id, Blob>) {
  return queryOptions({
    queryKey: keyOf(id, input),
    queryFn: ({ signal }): Promise<Answers<Id>> => ask(id, input, signal),
  })
}

interface Page {
  readonly next: string | null
}

type PagedId = {
  [Id in OperationId]: Answers<Id> extends Page ? Id : never
}[OperationId]

/** As {@link query}, page after page of a list. */
export function pages<Id extends PagedId>(id: Id, ...[input]: InputArgument<Id>) {
  return infiniteQueryOptions({
    queryKey: keyOf(id, input),
    queryFn: ({ signal, pageParam }): Promise<Answers<Id>> => {
      const { query: asked, ...rest } = (input ?? {}) as AnyInput
      return ask(id, { ...rest, query: { ...asked, after: pageParam } }, signal)
    },
    initialPageParam: undefined as string | undefined,
    // Each answer of these operations is a page.
    getNextPageParam: (page) => (page as Page).next ?? undefined,
  })
}

const ask = <Id extends OperationId>(
  id: Id,
  input: AnyInput | undefined,
  signal: AbortSignal,
): Promise<Answers<Id>> =>
  call(id, ...([{ ...input, signal }] as unknown as InputArgument<Id, Blob>))

const keyOf = (id: OperationId, input: AnyInput = {}) => [id, input] as const

/** Which queries are read again: those of the named operations, whatever their input. */
export const stale = (...ids: readonly OperationId[]): InvalidateQueryFilters => ({
  predicate: ({ queryKey: [id] }) => (ids as readonly unknown[]).includes(id),
})

/** Which queries are read again: all that are about one device. */
export const staleOfDevice = (deviceId: string): InvalidateQueryFilters => ({
  predicate: ({ queryKey: [, input] }) => {
    const { params, query: asked } = (input ?? {}) as AnyInput
    return params?.['deviceId'] === deviceId || asked?.['deviceId'] === deviceId
  },
})
