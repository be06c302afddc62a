import { createHmac } from 'node:crypto'
import { request } from 'node:https'
import { SIGNATURE_HEADER } from '@sanad/protocol/operator-api/webhooks'
import type { AddressGuard } from './address-guard.ts'
import { AddressNotAllowed } from './address-guard.ts'

export interface SignedPost {
  readonly url: string
  readonly secret: string
  readonly body: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface PostOptions {
  readonly guard: AddressGuard
  /** PEM: instead of those that Node trusts. */
  readonly ca?: string[]
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
export function postSigned(
  post: SignedPost,
  { guard, ca, timeoutMs = TIMEOUT_MS, signal }: PostOptions,
): Promise<number> {
  const url = new URL(post.url)
  // An address needs no look-up, so the look-up cannot refuse it.
  if (url.protocol !== 'https:' || !guard.admitsHost(url.hostname))
    return Promise.reject(new AddressNotAllowed())
  const ends = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent: false,
        lookup: guard.lookup,
        signal: AbortSignal.any(ends),
        ...(ca !== undefined && { ca }),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(post.body),
          'user-agent': 'Sanad',
          [SIGNATURE_HEADER]: signBody(post),
        },
      },
      (incoming) => {
        incoming.on('error', () => {})
        resolve(incoming.statusCode ?? 0)
        incoming.destroy()
      },
    )
    outgoing.on('error', reject)
    outgoing.end(post.body)
  })
}
