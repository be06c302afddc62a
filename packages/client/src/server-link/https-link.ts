import { Agent, type RequestOptions, request } from 'node:https'
import { hostOf } from '@sanad/outbound/proxy-url'
import { codeOf, troubleOf } from '@sanad/outbound/trouble'
import { IDENTIFIERS_HEADER } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  type Connected,
  type PinnedServer,
  TIMEOUT_MS,
  connectPinned,
  whereOf,
} from './pinned-connection.ts'

/** HTTPS to the one pinned server. Its answers are not authentic by themselves: that takes a signature. */

export interface HttpReply {
  readonly status: number
  readonly contentType: string
  readonly retryAfterSeconds: number | undefined
  readonly text: string
}

export interface HttpsLinkOptions extends PinnedServer {
  /** Told how each exchange ended; undefined for one that reached the server. */
  readonly note?: (trouble: SanadError | undefined) => void
}

/** How a client reaches its server: questions, and sealed messages. */
export type ServerDoor = Pick<HttpsLink, 'get' | 'post'>

export const JOSE = 'application/jose'
const LARGEST_ANSWER = 64 * 1024
const LONGEST_RETRY_AFTER_SECONDS = 3_600

export class HttpsLink {
  readonly #options: HttpsLinkOptions
  readonly #agent: Agent
  readonly #closing = new AbortController()

  constructor(options: HttpsLinkOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 1 })
    this.#agent.createConnection = (_options, created) => {
      connectPinned(options, created as Connected, this.#closing.signal)
      return undefined
    }
  }

  get(path: string, signal?: AbortSignal): Promise<HttpReply> {
    // A server from before docs/adr/0010 passes over the header, and what it answers is read as well.
    const headers = { Accept: JOSE, [IDENTIFIERS_HEADER.name]: IDENTIFIERS_HEADER.value }
    return this.#send({ method: 'GET', path, headers }, undefined, signal)
  }

  post(path: string, body: string, signal?: AbortSignal): Promise<HttpReply> {
    const headers = {
      Accept: JOSE,
      'Content-Type': JOSE,
      'Content-Length': Buffer.byteLength(body),
    }
    return this.#send({ method: 'POST', path, headers }, body, signal)
  }

  close(): void {
    this.#closing.abort()
    this.#agent.destroy()
  }

  async #send(
    options: RequestOptions,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpReply> {
    const { url, timeoutMs = TIMEOUT_MS } = this.#options
    const deadline = AbortSignal.timeout(timeoutMs)
    const { promise, resolve, reject } = Promise.withResolvers<HttpReply>()
    const outgoing = request({
      host: hostOf(url),
      port: url.port === '' ? 443 : url.port,
      agent: this.#agent,
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      ...options,
    })
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = []
      let size = 0
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > LARGEST_ANSWER) outgoing.destroy(new SanadError('client.answer-too-large'))
        else chunks.push(chunk)
      })
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { headers, statusCode = 0 } = incoming
        resolve({
          status: statusCode,
          contentType: (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
          retryAfterSeconds: readRetryAfter(headers['retry-after']),
          text: Buffer.concat(chunks).toString('latin1'),
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
    try {
      const reply = await promise
      this.#options.note?.(undefined)
      return reply
    } catch (error) {
      const trouble = this.#translate(error, deadline.aborted)
      // A client that stops is no trouble with the server.
      if (signal?.aborted !== true) this.#options.note?.(trouble)
      throw trouble
    }
  }

  #translate(cause: unknown, isTooLate: boolean): SanadError {
    if (cause instanceof SanadError) return cause
    const where = whereOf(this.#options)
    if (isTooLate)
      return new SanadError('client.server-unreachable', `${where}: no answer in time`, { cause })
    // RFC 9112: the pinned server speaks HTTP; what does not is something else behind its certificate.
    if (codeOf(cause).startsWith('HPE_'))
      return new SanadError('client.not-a-management-server', `${where}: not HTTP`, { cause })
    const found = troubleOf(cause, 'server', where)
    return found ?? new SanadError('client.server-unreachable', where, { cause })
  }
}

/**
 * RFC 9110 §10.2.3, in seconds; the date form needs a clock and is not honoured. Capped, because the header is
 * not signed: a forger could otherwise keep a device away for long.
 */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined
  return Math.min(Number(value), LONGEST_RETRY_AFTER_SECONDS)
}
