import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { isProblemCode } from '@sanad/protocol/text/problems'
import type { Asked, Reply, WholeServer } from '../../packages/server/test/whole-server.ts'
import type { SchemaNode } from '../../tools/schema-fields.ts'
import { type KnownIds, type Making, makeAwkward, makeValue } from './made-input.ts'
import { Random } from './random.ts'

/**
 * Every operation of the operators’ door, asked by its own schema as an administrator.
 *
 * Whatever is sent, the answer is one of the operation or a problem with a code; never `server.internal`.
 */

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema: SchemaNode
}

export interface Operation {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body: SchemaNode | undefined
  readonly mediaType: string | undefined
}

/** Each takes a password, and counts those that are wrong. */
const GUESSES = new Set(['signIn', 'changePassword'])
/** Ends the session that asks, or never ends by itself. */
const LEFT_OUT = new Set(['signOut', 'watchDevices'])

export async function readOperations(server: WholeServer): Promise<Operation[]> {
  const cookie = await server.signIn('Fuzz', 'administrator')
  const path = `${OPERATOR_API}/openapi.json`
  const { text } = await server.ask({ method: 'GET', path, headers: { cookie } })
  const document: unknown = JSON.parse(text)
  const { paths } = inline(document, document) as {
    paths: Record<string, Record<string, DescribedOperation>>
  }
  return Object.entries(paths).flatMap(([at, methods]) =>
    Object.entries(methods)
      .map(([method, described]) => readOperation(at, method, described))
      .filter(({ operationId }) => !LEFT_OUT.has(operationId)),
  )
}

/** With what each reference refers to in its place; nothing in the description refers to itself. */
function inline(node: unknown, document: unknown): unknown {
  if (Array.isArray(node)) return node.map((each) => inline(each, document))
  if (typeof node !== 'object' || node === null) return node
  const { $ref, ...own } = node as Readonly<Record<string, unknown>>
  const members = Object.entries(own).map(([name, each]) => [name, inline(each, document)])
  const referred = typeof $ref === 'string' ? inline(follow(document, $ref), document) : {}
  return { ...(referred as object), ...Object.fromEntries(members) }
}

/** RFC 6901 inside the document. */
const follow = (document: unknown, ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document)

interface DescribedOperation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: SchemaNode }> }
}

function readOperation(path: string, method: string, described: DescribedOperation): Operation {
  const { operationId, parameters = [], requestBody } = described
  const [content] = Object.entries(requestBody?.content ?? {})
  return {
    operationId,
    method: method.toUpperCase(),
    path,
    parameters,
    body: content?.[1].schema,
    mediaType: content?.[0],
  }
}

const MOST_IDS = 200

/** Identifiers that answers named, by the name of the member, so that later requests reach what is there. */
class HeardIds implements KnownIds {
  readonly #ids = new Map<string, Set<string>>()

  note(text: string): void {
    for (const [, name = '', id = ''] of text.matchAll(/"(\w+)":"([^"]{1,64})"/g)) {
      const heard = this.#ids.get(name) ?? new Set()
      if (heard.size < MOST_IDS) this.#ids.set(name, heard.add(id))
    }
  }

  pick(name: string, random: Random): string | undefined {
    const heard = [...(this.#ids.get(name) ?? [])]
    return heard[random.below(heard.length)]
  }
}

export interface FuzzReport {
  readonly asked: number
  readonly statuses: Readonly<Record<string, number>>
  /** Operations that never did what they are for. */
  readonly unreached: readonly string[]
  /** One line each: what was asked, and what came. */
  readonly failures: readonly string[]
}

export interface FuzzOptions {
  readonly seed: number
  /** Of each operation. */
  readonly rounds: number
}

export async function fuzzOperations(
  server: WholeServer,
  { seed, rounds }: FuzzOptions,
): Promise<FuzzReport> {
  const operations = await readOperations(server)
  // Wrong guesses lock the sign-in, so they come last.
  const signIns = operations.filter(({ operationId }) => GUESSES.has(operationId))
  const others = operations.filter((operation) => !signIns.includes(operation))
  const random = new Random(seed)
  const ids = new HeardIds()
  const statuses: Record<string, number> = {}
  const failures: string[] = []
  const reached = new Set<string>()
  let cookie = await server.signIn('Fuzz', 'administrator')
  let visitors = 0
  for (const plan of [others, signIns])
    for (const operation of repeat(plan, rounds)) {
      const asked = makeRequest(operation, { random, ids, isClean: random.isOneOf(2) })
      const reply = await server.ask({ ...asked, headers: { ...asked.headers, cookie } })
      if (reply.status < 300) ids.note(reply.text)
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1
      if (reply.status < 300) reached.add(operation.operationId)
      const failure = judge(reply)
      if (failure !== undefined)
        failures.push(`${operation.operationId}: ${failure}; ${describeRequest(asked)}`)
      // Some operations end sessions, disable operators or change passwords.
      if (reply.status === 401 || reply.status === 403)
        if (plan !== signIns) cookie = await server.signIn(`Fuzz ${++visitors}`, 'administrator')
    }
  const unreached = operations
    .map(({ operationId }) => operationId)
    .filter((operationId) => !reached.has(operationId))
  return { asked: rounds * operations.length, statuses, unreached, failures }
}

const repeat = <T>(values: readonly T[], times: number): T[] =>
  Array.from({ length: times }, () => values).flat()

function makeRequest(
  { method, path, parameters, body, mediaType }: Operation,
  making: Making,
): Asked {
  const named = parameters.filter(({ in: place }) => place === 'path')
  const filled = named.reduce(
    (text, { name, schema }) =>
      text.replace(`{${name}}`, encodeURIComponent(asText(makeValue(schema, making, name)))),
    path,
  )
  const query = makeQuery(
    parameters.filter(({ in: place }) => place === 'query'),
    making,
  )
  return {
    method,
    path: `${OPERATOR_API}${filled}${query}`,
    headers: {
      'x-sanad-portal': '1',
      ...(body !== undefined && { 'content-type': mediaType }),
    },
    ...(body !== undefined && { body: makeBody(body, mediaType, making) }),
  }
}

function makeQuery(parameters: readonly Parameter[], making: Making): string {
  const { random, isClean } = making
  const pairs = parameters
    .filter(() => random.isOneOf(2))
    .flatMap(({ name, schema }) =>
      [makeValue(schema, making, name)]
        .flat()
        .map((value) => `${name}=${encodeURIComponent(asText(value))}`),
    )
  if (!isClean && random.isOneOf(20)) pairs.push('bogus=1')
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** In an address there are no halves of surrogate pairs, and no empty part. */
const asText = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed() || '-'

function makeBody(schema: SchemaNode, mediaType: string | undefined, making: Making): string {
  const { random, isClean } = making
  if (mediaType !== 'application/json') return asText(makeAwkward(random))
  const text = JSON.stringify(makeValue(schema, making))
  return !isClean && random.isOneOf(40) ? text.slice(0, -1) : text
}

/** @returns what is wrong with the answer, if anything */
function judge({ status, headers, text }: Reply): string | undefined {
  // The token of a test holds no key for commands; the code says so.
  if (status >= 500 && !text.includes('"code":"hsm.key-missing"'))
    return `${status} ${text.slice(0, 200)}`
  if (status < 400) return undefined
  if (headers['content-type']?.startsWith('application/problem+json') !== true)
    return `${status} without a problem: ${text.slice(0, 200)}`
  const { code } = JSON.parse(text) as { code: string }
  return isProblemCode(code) ? undefined : `${status} with a code that is not of the table: ${code}`
}

const describeRequest = ({ method, path, body }: Asked): string =>
  `${method} ${path.slice(0, 300)} ${(body ?? '').toString().slice(0, 600)}`
