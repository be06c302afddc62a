import { createHmac } from 'node:crypto'
import { type RequestOptions, request } from 'node:https'
import { SIGNATURE_HEADER } from '@sanad/protocol/operator-api/webhooks'
import { AddressNotAllowed } from './address-guard.ts'
import { type Outward, connectOut } from './connect-out.ts'

export interface SignedPost {
  readonly url: string
  readonly secret: string
  readonly body: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface PostOptions extends Outward {
  readonly timeoutMs?: number
  /** Ends it before its time. */
  readonly signal?: AbortSignal
}

const TIMEOUT_MS = 10_000

/** The time is signed too, so that a receiver can refuse what somebody kept and sends again. */
function signBody({ secret, body, at }: Omit<SignedPost, 'url'>): string {
  const t = Math.floor(at / 1000)
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
  return `t=${t},v1=${v1}`
}

/** Nothing of the answer is read but its status, and no redirection is followed. @returns the status */
export async function postSigned(post: SignedPost, options: PostOptions): Promise<number> {
  const { timeoutMs = TIMEOUT_MS, signal: ended } = options
  const url = new URL(post.url)
  if (url.protocol !== 'https:') throw new AddressNotAllowed()
  const ends = [AbortSignal.timeout(timeoutMs), ...(ended === undefined ? [] : [ended])]
  const signal = AbortSignal.any(ends)
  const socket = await connectOut(url, options, { timeoutMs, signal })
  return send(url, post, { createConnection: () => socket, signal })
}

function send(url: URL, post: SignedPost, options: RequestOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(post.body),
    'user-agent': 'Sanad',
    [SIGNATURE_HEADER]: signBody(post),
  }
  const outgoing = request(url, { ...options, method: 'POST', headers }, (incoming) => {
    incoming.on('error', () => {})
    resolve(incoming.statusCode ?? 0)
    incoming.destroy()
  })
  outgoing.on('error', reject)
  outgoing.end(post.body)
  return promise
}
