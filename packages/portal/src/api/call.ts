import {
  type Answers,
  type AnyInput,
  type InputArgument,
  addressOf,
} from '@sanad/protocol/operator-api/ask'
import type { OperationId, Operations } from '@sanad/protocol/operator-api/operations'
import {
  type QueryClient,
  type QueryKey,
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
 * await readAgain(client, stale('listDevices', 'countDevices'))
 */

interface Aborting {
  readonly signal?: AbortSignal
}

/** Carries out an operation. @throws PortalProblem */
export function call<Id extends OperationId>(
  id: Id,
  ...[input]: InputArgument<Id, Blob, Aborting>
): Promise<Answers<Id>> {
  const { signal, ...asked } = (input ?? {}) as AnyInput & Aborting
  return ask(id, asked, signal)
}

/** The address of an operation whose answer a browser saves, for a link. */
export function fileUrl<Id extends SavedId>(id: Id, ...[input]: InputArgument<Id>): string {
  const { params, query: asked } = (input ?? {}) as AnyInput
  return apiUrl(addressOf(id, params).path, asked as Query)
}

type FileId = {
  [Id in OperationId]: Operations[Id] extends { readonly answer: { readonly mediaType: string } }
    ? Id
    : never
}[OperationId]

/** Among them a signed document, which is JSON to its reader. */
type SavedId = FileId | 'readPurgeCertificate'

/** A query that asks for an operation. Other options may be spread beside these. */
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
    // Pages of a list are kept in another form than one of them.
    queryKey: [...keyOf(id, input), 'pages'] as const,
    queryFn: ({ signal, pageParam }): Promise<Answers<Id>> => {
      const { query: asked, ...rest } = (input ?? {}) as AnyInput
      return ask(id, { ...rest, query: { ...asked, after: pageParam } }, signal)
    },
    initialPageParam: undefined as string | undefined,
    // Each answer of these operations is a page.
    getNextPageParam: (page) => (page as Page).next ?? undefined,
  })
}

function ask<Id extends OperationId>(
  id: Id,
  { params, query: asked, body }: AnyInput = {},
  signal?: AbortSignal,
): Promise<Answers<Id>> {
  const { method, path } = addressOf(id, params)
  // The schemas of this operation say what its query holds, and what it answers.
  return send<Answers<Id>>(path, {
    method,
    query: asked as Query,
    body,
    ...(signal !== undefined && { signal }),
  })
}

const keyOf = (id: OperationId, input: AnyInput = {}) => [id, input] as const

/** The queries of these operations, whatever their input: what is no longer true once something was done. */
export const stale = (...ids: readonly OperationId[]): readonly QueryKey[] => ids.map((id) => [id])

/** What is read of one device, on its page. */
const OF_DEVICE = [
  'readDevice',
  'listDeviceCertificates',
  'readDeviceFacts',
  'listDeviceFactsChanges',
  'readDeviceTimeline',
  'readClockReset',
  'readDeviceKey',
] as const satisfies readonly OperationId[]

/** All that is read of one device; of every device, without an id. */
export const staleOfDevice = (deviceId?: string): readonly QueryKey[] =>
  OF_DEVICE.map((id) => (deviceId === undefined ? [id] : [id, { params: { deviceId } }]))

export const readAgain = (client: QueryClient, keys: readonly QueryKey[]): Promise<unknown> =>
  Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })))
