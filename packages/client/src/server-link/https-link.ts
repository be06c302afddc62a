import { Agent, type RequestOptions, request } from 'node:https'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { SanadError } from '@sanad/protocol/problems'
import type { Certificate } from '@sanad/protocol/x509'
import { requirePinnedServer } from './tls-certificate.ts'
import type { TrustedClock } from './trusted-clock.ts'

/** HTTPS to the one pinned server. What it answers is not believed here: that takes a signature. */

export interface HttpReply {
  readonly status: number
  readonly contentType: string
  readonly retryAfterSeconds: number | undefined
  readonly text: string
}

export interface HttpsLinkOptions {
  readonly url: URL
  readonly roots: readonly Certificate[]
  readonly clock: TrustedClock
  readonly timeoutMs?: number
}

export const JOSE = 'application/jose'
const LARGEST_ANSWER = 64 * 1024
const LONGEST_RETRY_AFTER_SECONDS = 3_600
const TIMEOUT_MS = 30_000

type Created = (error: Error | null, socket: ReturnType<typeof connect>) => void

export class HttpsLink {
  readonly #options: HttpsLinkOptions
  readonly #agent: Agent

  constructor(options: HttpsLinkOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 1 })
    this.#agent.createConnection = (_options, created) => {
      this.#connect(created as Created)
      return undefined
    }
  }

  get(path: string, signal?: AbortSignal): Promise<HttpReply> {
    return this.#send({ method: 'GET', path, headers: { Accept: JOSE } }, undefined, signal)
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
    this.#agent.destroy()
  }

  /** Hands the connection over only when the other end has proven itself: until then not a byte is sent. */
  #connect(created: Created): void {
    const { url, roots, clock, timeoutMs = TIMEOUT_MS } = this.#options
    const host = hostOf(url)
    const socket = connect({
      host,
      port: Number(url.port === '' ? 443 : url.port),
      // RFC 6066 §3: an address is no server name.
      ...(isIP(host) === 0 && { servername: host }),
      // MDS 0.9.5 › Management Client, 2: TLS 1.2 or 1.3.
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      // Verified below, against the pinned root and trusted time instead of the machine's.
      rejectUnauthorized: false,
    })
    const fail = (error: Error): void => created(error, socket)
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('TLS handshake timed out')))
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      try {
        const now = clock.isSet ? clock.now() : undefined
        const { raw } = socket.getPeerX509Certificate() ?? {}
        requirePinnedServer(raw, { roots, host, floor: clock.floor, now })
        created(null, socket)
      } catch (error) {
        socket.on('error', () => socket.destroy())
        socket.destroy()
        fail(error as Error)
      }
    })
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
    return promise.catch((error: unknown) => {
      if (error instanceof SanadError) throw error
      throw new SanadError('client.server-unreachable', undefined, { cause: error })
    })
  }
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

/**
 * RFC 9110 §10.2.3, in seconds; the date form needs a clock and is not honoured. Capped, because the header is
 * not signed: whoever forged it could keep a device away for long.
 */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined
  return Math.min(Number(value), LONGEST_RETRY_AFTER_SECONDS)
}
