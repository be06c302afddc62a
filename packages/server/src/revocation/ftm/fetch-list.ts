import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { LARGEST_FTM_LIST } from '@sanad/protocol/operator-api/ftm-revocation'
import { SanadError } from '@sanad/protocol/text/problems'
import { type AddressGuard, AddressNotAllowed } from '../../webhooks/address-guard.ts'
import { type Outward, connectOut } from '../../webhooks/connect-out.ts'

/**
 * Fetches a list from the address that an operator configured. `http` is enough: a list proves itself by its
 * signature, and an older one is refused by its number.
 */
export interface FetchOptions extends Outward {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** For the whole, redirections and body included. */
const TIMEOUT_MS = 60_000
/** From a name to its mirror and on to a file; more is a ring. */
const MOST_REDIRECTIONS = 3

const REDIRECTIONS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** @throws SanadError `ftm-revocation-list.url-refused` */
export function requireListUrl(text: string, guard: AddressGuard): URL {
  const url = URL.parse(text)
  if (url === null) throw refuse('not a URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('neither http nor https')
  if (url.username !== '' || url.password !== '') throw refuse('a password in it')
  if (!guard.admitsHost(url.hostname)) throw refuse('an address of the provider’s own network')
  return url
}

/** @throws SanadError `ftm-revocation-list.url-refused`, `.fetch-failed`, `.too-large` */
export async function fetchList(text: string, options: FetchOptions): Promise<Uint8Array> {
  const { guard, timeoutMs = TIMEOUT_MS } = options
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline
  let url = requireListUrl(text, guard)
  for (let redirections = 0; redirections <= MOST_REDIRECTIONS; redirections++) {
    const answer = await ask(url, options, signal)
    const { statusCode = 0, headers } = answer
    if (!REDIRECTIONS.has(statusCode)) return readBody(answer, statusCode)
    answer.destroy()
    const next = URL.parse(headers.location ?? '', url.href)
    if (headers.location === undefined || next === null) throw failed('a redirection to nowhere')
    url = requireListUrl(next.href, guard)
  }
  throw failed('too many redirections')
}

async function ask(url: URL, options: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { timeoutMs = TIMEOUT_MS } = options
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const socket = await connectOut(url, options, { timeoutMs, signal }).catch((cause: unknown) => {
    throw explain(cause)
  })
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      {
        createConnection: () => socket,
        signal,
        headers: {
          accept: 'application/pkix-crl, application/x-pem-file',
          'accept-encoding': 'identity',
          'user-agent': 'Sanad',
        },
      },
      resolve,
    )
    asking.on('error', (cause) => reject(explain(cause)))
    asking.end()
  })
}

const explain = (cause: unknown): SanadError =>
  cause instanceof AddressNotAllowed
    ? refuse('an address of the provider’s own network')
    : failed(describeCause(cause), cause)

async function readBody(answer: IncomingMessage, status: number): Promise<Uint8Array> {
  try {
    if (status !== 200) throw failed(`status ${status}`)
    const chunks: Buffer[] = []
    let length = 0
    // Chunks are buffers: no encoding is set.
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > LARGEST_FTM_LIST) throw new SanadError('ftm-revocation-list.too-large')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (cause) {
    if (cause instanceof SanadError) throw cause
    throw failed(describeCause(cause), cause)
  } finally {
    answer.destroy()
  }
}

/** A code of Node's (`ECONNREFUSED`) or the name of the error: free of what the other side wrote. */
function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return 'no answer'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}

const refuse = (detail: string): SanadError =>
  new SanadError('ftm-revocation-list.url-refused', detail)

const failed = (detail: string, cause?: unknown): SanadError =>
  new SanadError('ftm-revocation-list.fetch-failed', detail, { cause })
