import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'

/** Why one program cannot reach another, by what the system or OpenSSL reports: one table. */

/** `server` stands for what is at the far end, be it a management server or the receiver of a webhook. */
export type FarEnd = 'server' | 'proxy'

type Kind = 'name' | 'refused' | 'route' | 'time' | 'broken'

const KINDS: Readonly<Record<string, Kind>> = {
  ENOTFOUND: 'name',
  EAI_AGAIN: 'name',
  EAI_FAIL: 'name',
  EAI_NODATA: 'name',
  EAI_NONAME: 'name',
  ECONNREFUSED: 'refused',
  ENETUNREACH: 'route',
  EHOSTUNREACH: 'route',
  EHOSTDOWN: 'route',
  ENETDOWN: 'route',
  EADDRNOTAVAIL: 'route',
  // What Linux and Windows say when a packet filter of this computer forbids it.
  EACCES: 'route',
  EPERM: 'route',
  ETIMEDOUT: 'time',
  ECONNRESET: 'broken',
  ECONNABORTED: 'broken',
  EPIPE: 'broken',
}

const CODES: Record<FarEnd, Record<Kind, ProblemCode>> = {
  server: {
    name: 'connection.name-unknown',
    refused: 'connection.refused',
    route: 'connection.no-route',
    time: 'connection.timed-out',
    broken: 'connection.broken-off',
  },
  proxy: {
    name: 'proxy.name-unknown',
    refused: 'proxy.unreachable',
    route: 'proxy.unreachable',
    time: 'proxy.unreachable',
    broken: 'proxy.broke-off',
  },
}

/** @param where `host:port`, for the log. @returns undefined for an error that is none of the network's */
export function troubleOf(cause: unknown, end: FarEnd, where: string): SanadError | undefined {
  const code = codeOf(cause)
  const kind = KINDS[code]
  if (kind === undefined) return undefined
  return new SanadError(CODES[end][kind], `${where}: ${code}`, { cause })
}

/** @returns undefined for an error that is not the caller's own signal */
export const stopOf = (cause: Error): SanadError | undefined =>
  cause.name === 'AbortError'
    ? new SanadError('client.server-unreachable', 'stopped', { cause })
    : undefined

/** What was in the way of a TLS handshake, once the other end had been reached. */
export function handshakeTroubleOf(cause: unknown, where: string): SanadError {
  const code = codeOf(cause)
  if (NOT_TLS.has(code)) return new SanadError('connection.not-tls', `${where}: ${code}`, { cause })
  if (KINDS[code] === 'broken') {
    const detail = `${where}: closed during the TLS handshake`
    return new SanadError('connection.broken-off', detail, { cause })
  }
  const found = troubleOf(cause, 'server', where)
  return found ?? new SanadError('connection.tls-refused', `${where}: ${code}`, { cause })
}

/** How OpenSSL names the first bytes of something else, such as of a page. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL',
  'ERR_SSL_UNEXPECTED_MESSAGE',
  'ERR_SSL_BAD_RECORD_TYPE',
  'ERR_SSL_RECORD_LAYER_FAILURE',
])

/** A code of the system or of OpenSSL: short, and without data of the request. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
