import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Readable } from 'node:stream'
import {
  type AnyInput,
  type Done,
  type InputArgument,
  addressOf,
} from '@sanad/protocol/operator-api/ask'
import type { OperationId } from '@sanad/protocol/operator-api/operations'
import { type Proposed, isProposed } from '@sanad/protocol/operator-api/proposals'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { SanadError, isProblemCode } from '@sanad/protocol/text/problems'
import type { SavedSession } from './session-file.ts'

/** One HTTPS request to the operator API, over the pinned management root and nothing else. */

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Below `/api/v1`. */
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue | readonly string[] | undefined>>
  readonly body?: unknown
  /** A file to send instead of a body, with its media type and its length. */
  readonly upload?: Upload
}

export interface Upload {
  readonly stream: Readable
  /** Media type. */
  readonly type: string
  readonly bytes: number
}

type QueryValue = string | number | boolean

export interface Answered {
  readonly status: number
  /** `name=value` of each cookie that was set. */
  readonly cookies: readonly string[]
  /** Seconds, from `Retry-After`. */
  readonly wait: string | undefined
  readonly body: unknown
}

const TIMEOUT_MS = 60_000
/** Of an answer that is read into memory; lists come in pages far below it. */
const LARGEST_ANSWER = 16 * 1024 * 1024

export type Ask = <T>(asked: Asked) => Promise<T>

/**
 * Carries out an operation of the server; input and answer have the types of its declaration. One that becomes a
 * proposal has no answer: it is thrown as {@link WaitsForSecondPerson}.
 */
export type Call = <Id extends OperationId>(
  id: Id,
  ...input: InputArgument<Id, Upload>
) => Promise<Done<Id>>

/** The operation has not happened: it waits for a second person. What asked for it has no answer to go on with. */
export class WaitsForSecondPerson extends Error {
  readonly proposed: Proposed

  constructor(proposed: Proposed) {
    super(`proposed as ${proposed.proposalId}`)
    this.name = 'WaitsForSecondPerson'
    this.proposed = proposed
  }
}

export class Connection {
  readonly #session: SavedSession

  constructor(session: SavedSession) {
    this.#session = session
  }

  /** `https://…` */
  get server(): string {
    return this.#session.server
  }

  /**
   * The body of the answer.
   *
   * @throws SanadError with the server’s code, `client.server-unreachable`
   * @throws WaitsForSecondPerson where the operation became a proposal
   */
  readonly ask: Ask = async <T>(asked: Asked): Promise<T> => {
    const { status, body } = await this.exchange(asked)
    if (status >= 400) throw readProblem(status, body)
    if (status === 202 && isProposed(body)) throw new WaitsForSecondPerson(body)
    return body as T
  }

  /** @throws SanadError as {@link Connection.ask} */
  readonly call: Call = (id, ...[input]) => this.ask(askFor(id, input))

  async exchange(asked: Asked): Promise<Answered> {
    const response = await this.#open(asked)
    const text = await readText(response)
    return {
      status: response.statusCode ?? 0,
      cookies: (response.headers['set-cookie'] ?? []).map((each) => each.split(';')[0] ?? ''),
      wait: response.headers['retry-after'],
      body: text === '' ? undefined : parseBody(text),
    }
  }

  /** For what is too large to be held: the export of all devices, the rows of an import that are wrong. */
  async stream(asked: Asked): Promise<Readable> {
    const response = await this.#open(asked)
    const status = response.statusCode ?? 0
    if (status >= 400) throw readProblem(status, parseBody(await readText(response)))
    return response
  }

  /** A file that the server offers to anyone. @param path from the server's root */
  async download(path: string): Promise<Buffer> {
    const response = await this.#open({ path, isOfApi: false })
    const bytes = await readBytes(response)
    const status = response.statusCode ?? 0
    if (status >= 400) throw readProblem(status, parseBody(bytes.toString('utf8')))
    return bytes
  }

  #open({
    method = 'GET',
    path,
    query = {},
    body,
    upload,
    isOfApi = true,
  }: Asked & { readonly isOfApi?: boolean }): Promise<IncomingMessage> {
    const { server, root, cookie } = this.#session
    const url = new URL(isOfApi ? `${OPERATOR_API}${path}` : path, server)
    for (const [name, value] of Object.entries(query))
      for (const each of [value].flat())
        if (each !== undefined) url.searchParams.append(name, `${each}`)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      accept: 'application/json',
      ...(method !== 'GET' && { 'x-sanad-portal': '1' }),
      ...(cookie !== undefined && { cookie }),
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }),
      ...(upload !== undefined && { 'content-type': upload.type, 'content-length': upload.bytes }),
    }
    return new Promise((resolve, reject) => {
      const asking = request(url, { method, headers, ca: root, timeout: TIMEOUT_MS }, resolve)
      asking.once('error', (cause) =>
        reject(new SanadError('client.server-unreachable', describeCause(cause), { cause })),
      )
      asking.once('timeout', () => asking.destroy(new Error('no answer')))
      if (upload === undefined) asking.end(text)
      else upload.stream.once('error', (error) => asking.destroy(error)).pipe(asking)
    })
  }
}

/** The request for an operation. */
export function askFor(id: OperationId, input: AnyInput = {}): Asked {
  const { params, query, body } = input
  const asked = { ...addressOf(id, params), query: query as NonNullable<Asked['query']> }
  return isUpload(body) ? { ...asked, upload: body } : { ...asked, body }
}

const isUpload = (body: unknown): body is Upload =>
  typeof body === 'object' && body !== null && 'stream' in body

/** Of a TLS failure the reason matters: it may be the wrong server. */
const describeCause = (error: Error): string => error.message

const readText = async (response: IncomingMessage): Promise<string> =>
  (await readBytes(response)).toString('utf8')

async function readBytes(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  // Chunks are buffers: no encoding is set.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LARGEST_ANSWER) throw new SanadError('client.answer-too-large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

export function readProblem(status: number, body: unknown): SanadError {
  const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown }
  if (typeof code !== 'string' || !isProblemCode(code))
    return new SanadError('client.server-unreachable', `HTTP ${status}`)
  return new SanadError(code, typeof detail === 'string' ? detail : undefined)
}
