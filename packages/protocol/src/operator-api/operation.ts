import Type, { type Static, type TObject, type TSchema } from 'typebox'
import type { RouteAccess } from '../domain/permissions.ts'
import { CertificateSerial, Uuid, closed } from '../text/fields.ts'
import type { ProblemCode } from '../text/problems.ts'
import { Proposed } from './proposals.ts'
import type { Tag } from './tags.ts'

/**
 * What an operator can ask of the server, declared once: path, permission, input, answers and words.
 *
 * The server registers, checks and documents an operation by its declaration; portal, mock and command line take
 * their types from it. See {@link operation}.
 */

export type Method = 'GET' | 'POST' | 'DELETE'
export type Route = `${Method} /${string}`

/** `'deviceId'` of `'POST /devices/:deviceId/suspend'`. */
export type ParameterNames<Path extends string> =
  Path extends `${string}:${infer Name}/${infer Rest}`
    ? Name | ParameterNames<`/${Rest}`>
    : Path extends `${string}:${infer Name}`
      ? Name
      : never

/** The form of each parameter of a path. A name means the same thing in every path, unless its operation says so. */
const PARAMETERS = {
  bulkActId: Uuid,
  campaignId: Uuid,
  commandId: Uuid,
  deviceId: Uuid,
  findingId: Uuid,
  ftmProviderId: Uuid,
  groupId: Uuid,
  importId: Uuid,
  modelId: Uuid,
  operatorId: Uuid,
  orderId: Uuid,
  policyId: Uuid,
  proposalId: Uuid,
  requestId: Uuid,
  serialNumber: CertificateSerial,
  sessionId: Uuid,
  webhookId: Uuid,
} as const satisfies Record<string, TSchema>

/** A body that is a file: read as it comes where `largest` is not given, and as bytes up to `largest` where it is. */
export interface FileBody {
  readonly mediaTypes: readonly string[]
  /** What senders also call the very same bytes; taken, and not described. */
  readonly alsoTaken?: readonly string[]
  /** Bytes. */
  readonly largest?: number
}

/** An answer that is a file, or a stream that does not end. */
export interface FileAnswer {
  readonly mediaType: string
  /** As the browser saves it. */
  readonly fileName?: string
}

export interface Terms<R extends Route = Route> {
  readonly access: RouteAccess
  readonly tag: Tag
  /** A few words; the heading in lists of operations. */
  readonly summary: string
  /** One or more sentences: what it does, and what else a caller must know. */
  readonly description: string
  /** Of those parameters of the path whose form is not that of {@link PARAMETERS}. */
  readonly params?: { readonly [Name in ParameterNames<R>]?: TSchema }
  readonly query?: TObject
  readonly body?: TSchema | FileBody
  /** None: the answer has no body. */
  readonly answer?: TSchema | FileAnswer
  /** 200 with an answer and 204 without one, unless it is said here. */
  readonly status?: 200 | 201 | 202
  /** What is answered instead in some cases: `status` says which. */
  readonly also?: { readonly status: 202; readonly answer: TSchema; readonly when: string }
  /** Where what was made is read: a path whose parameters are members of the answer. */
  readonly location?: `/${string}`
  /** What it can be refused with, besides what {@link refusalsOf} adds for all of its kind. */
  readonly problems?: readonly ProblemCode[]
  /**
   * A second person confirms it before it is carried out, where the settings say so; it is then answered with 202
   * and a {@link Proposed}. Several need two people for some inputs only: a bulk action that ends the trust in
   * devices, a policy that changes the life of keys. Such an operation takes and gives JSON only, and its serving
   * sees no request: it is carried out later, out of what was kept.
   */
  readonly isForTwo?: true
}

export type Operation<R extends Route = Route, T extends Terms<R> = Terms<R>> = T & {
  readonly route: R
}

/**
 * Declares an operation.
 *
 * @example
 * suspendDevice: operation('POST /devices/:deviceId/suspend', {
 *   access: 'device:suspend',
 *   tag: 'devices',
 *   summary: 'Suspend a device',
 *   description: 'The device may not act until it is resumed.',
 *   body: TransitionBody,
 *   answer: DeviceView,
 *   problems: ['device.not-found', 'device.transition-refused', 'request.conflict'],
 * })
 */
export const operation = <const R extends Route, const T extends Terms<R>>(
  route: KnownRoute<R, T>,
  terms: T,
): Operation<R, T> => ({ ...terms, route: route as R })

/** Does not compile for a path with a parameter that has no form. */
type KnownRoute<R extends Route, T> =
  ParameterNames<R> extends keyof typeof PARAMETERS | FormsOf<T> ? R : never

type FormsOf<T> = T extends { readonly params: infer Forms } ? keyof Forms : never

// ── Types read off a declaration ───────────────────────────────────────────────────────────────────

interface Declared {
  readonly route: Route
  readonly params?: object
  readonly query?: TSchema
  readonly body?: TSchema | FileBody
  readonly answer?: TSchema | FileAnswer
  readonly also?: { readonly answer: TSchema }
}

type FormOf<O extends Declared, Name extends string> = O extends {
  readonly params: { readonly [N in Name]: infer Form extends TSchema }
}
  ? Static<Form>
  : string

export type ParamsOf<O extends Declared> = {
  readonly [Name in ParameterNames<O['route']>]: FormOf<O, Name>
}

/** Empty for an operation without a query. */
export type QueryOf<O extends Declared> = O extends { readonly query: infer Q extends TSchema }
  ? Static<Q>
  : NoMembers

/**
 * @template File what stands for a file: a stream at the server, a `Blob` in a browser
 * @template Bytes what stands for a file of a bounded length
 */
export type BodyOf<O extends Declared, File, Bytes = File> = O extends { readonly body: infer B }
  ? B extends FileBody
    ? B extends { readonly largest: number }
      ? Bytes
      : File
    : B extends TSchema
      ? Static<B>
      : never
  : undefined

/** As {@link BodyOf}; `undefined` where the answer has no body. */
export type AnswerOf<O extends Declared, File> = O extends { readonly answer: infer A }
  ? A extends FileAnswer
    ? File
    : A extends TSchema
      ? Static<A>
      : never
  : undefined

/** What is answered instead in some cases. */
export type AlsoOf<O extends Declared> = O extends {
  readonly also: { readonly answer: infer A extends TSchema }
}
  ? Static<A>
  : never

export type NoMembers = Record<never, never>

export const isFileBody = (body: Terms['body']): body is FileBody =>
  body !== undefined && 'mediaTypes' in body

export const isFileAnswer = (answer: Terms['answer']): answer is FileAnswer =>
  answer !== undefined && 'mediaType' in answer

export const statusOf = ({ status, answer }: Pick<Terms, 'status' | 'answer'>): number =>
  status ?? (answer === undefined ? 204 : 200)

/** Every answer of JSON, by its status; null for one without a body. */
export function answersOf(operation: Operation): ReadonlyMap<number, TSchema | null> {
  const { answer, also, isForTwo } = operation
  const answers = new Map<number, TSchema | null>()
  if (!isFileAnswer(answer)) answers.set(statusOf(operation), answer ?? null)
  if (also !== undefined) answers.set(also.status, also.answer)
  if (isForTwo !== true) return answers
  const own = answers.get(PROPOSED_STATUS)
  // What works in the background answers with 202 itself.
  return answers.set(PROPOSED_STATUS, isSchema(own) ? Type.Union([own, Proposed]) : Proposed)
}

export const isSchema = (answer: TSchema | null | undefined): answer is TSchema =>
  answer !== undefined && answer !== null

/** Of an operation that became a proposal. */
export const PROPOSED_STATUS = 202

export function splitRoute(route: Route): { readonly method: Method; readonly path: string } {
  const [method, path = ''] = route.split(' ')
  // The type of a route says that it begins with one.
  return { method: method as Method, path }
}

/** The schema of the parameters of the path; none for a path without. */
export function paramsSchema({ route, params = {} }: Operation): TObject | undefined {
  const names = [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  if (names.length === 0) return undefined
  const forms: Readonly<Record<string, TSchema | undefined>> = { ...PARAMETERS, ...params }
  // Each has a form: a path whose parameter has none does not compile.
  return Type.Object(Object.fromEntries(names.map((name) => [name, forms[name] ?? Uuid])), closed)
}

/** Every code that an operation may be refused with. */
export const refusalsOf = (operation: Operation): ProblemCode[] => [
  ...new Set([...commonProblems(operation), ...(operation.problems ?? [])]),
]

/** What any operation of this kind can be refused with, before its own rules are asked. */
function commonProblems({ access, route, query, body, isForTwo }: Operation): ProblemCode[] {
  const isJson = body !== undefined && !isFileBody(body)
  const changes = !route.startsWith('GET ')
  const isChecked = query !== undefined || isJson || route.includes(':')
  return [
    'request.unknown-field',
    ...(isChecked ? (['request.malformed'] as const) : []),
    ...(body === undefined
      ? []
      : (['request.too-large', 'request.unsupported-media-type'] as const)),
    ...(changes ? (['operator.request-forged'] as const) : []),
    ...(access === 'anyone' ? [] : (['operator.not-signed-in'] as const)),
    ...(isForTwo === true ? (['proposal.too-many-pending'] as const) : []),
    ...(access === 'anyone' || access === 'signed-in'
      ? []
      : (['operator.password-change-required', 'operator.permission-missing'] as const)),
  ]
}
