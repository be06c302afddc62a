import type { IncomingMessage } from 'node:http'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'

/**
 * What a proxy's answer to CONNECT means (RFC 9110 §9.3.6, §15). Only its status and the names of its sign-in
 * methods are read: a page that explains a refusal may repeat what was sent.
 */

export interface ConnectAnswer {
  readonly status: number
  /** Names of RFC 9110 §11.1, such as `Basic`, as far as they are names. */
  readonly methods: readonly string[]
  /** Of Squid: why, in one word such as `ERR_DNS_FAIL`. */
  readonly reason: string | undefined
}

const MOST_METHODS = 8

export function readConnectAnswer({ statusCode = 0, headers }: IncomingMessage): ConnectAnswer {
  return {
    status: statusCode,
    methods: readMethods(headers['proxy-authenticate'] ?? ''),
    reason: /^ERR_[A-Z_]{1,40}/.exec(String(headers['x-squid-error'] ?? ''))?.[0],
  }
}

/** Challenges and their parameters are both separated by commas; a parameter has `=` behind its name. */
function readMethods(challenges: string): string[] {
  const found = challenges.matchAll(
    /(?:^|,)\s*([A-Za-z][A-Za-z0-9-]{0,31})(?=\s*(?:,|$)|\s+[^\s=,])/g,
  )
  const names = [...found].flatMap(([, name]) => name ?? [])
  return [...new Set(names)].slice(0, MOST_METHODS)
}

/** @returns undefined for an answer that opens the tunnel */
export function refusalOf(
  answer: ConnectAnswer,
  proxy: string,
  hadAccount: boolean,
): SanadError | undefined {
  const { status, reason } = answer
  if (status >= 200 && status < 300) return undefined
  const why = reason === undefined ? '' : `, ${reason}`
  if (ASKS_FOR_ACCOUNT.has(status)) return refusalOfAccount(answer, proxy, hadAccount)
  return new SanadError(codeOfStatus(status), `${proxy}: HTTP ${status}${why}`)
}

/** RFC 9110 §15.5.8; and tinyproxy’s 401 to a wrong account. */
const ASKS_FOR_ACCOUNT: ReadonlySet<number> = new Set([401, 407])

/** A 407 without any method is read as one that wants Basic. */
function refusalOfAccount(
  { status, methods }: ConnectAnswer,
  proxy: string,
  hadAccount: boolean,
): SanadError {
  const takesBasic = methods.length === 0 || methods.some((name) => name.toLowerCase() === 'basic')
  if (!takesBasic)
    return new SanadError('proxy.method-unsupported', `${proxy} wants ${methods.join(', ')}`)
  const code = hadAccount ? 'proxy.account-refused' : 'proxy.account-needed'
  return new SanadError(code, `${proxy}: HTTP ${status}`)
}

/** What answers so is a web server, or a proxy that knows no CONNECT. */
const NOT_A_PROXY: ReadonlySet<number> = new Set([400, 404, 405, 501])

function codeOfStatus(status: number): ProblemCode {
  if (status < 200 || NOT_A_PROXY.has(status)) return 'proxy.not-a-proxy'
  // Debian's tinyproxy answers 500 where others answer 502 or 503.
  return status >= 500 ? 'proxy.server-unreachable' : 'proxy.refused'
}
