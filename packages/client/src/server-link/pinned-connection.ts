import { type Socket, isIP } from 'node:net'
import { type TLSSocket, connect } from 'node:tls'
import { dial } from '@sanad/outbound/dial'
import type { HttpProxy } from '@sanad/outbound/http-proxy'
import { hostOf, portOf } from '@sanad/outbound/proxy-url'
import { handshakeTroubleOf } from '@sanad/outbound/trouble'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { SanadError } from '@sanad/protocol/text/problems'
import { requirePinnedServer } from './tls-certificate.ts'
import type { TrustedClock } from '../trusted-time/trusted-clock.ts'

/** TLS to the one pinned server, for HTTPS and for the live channel; directly, or through an HTTP proxy. */

export interface PinnedServer {
  readonly url: URL
  readonly roots: readonly Certificate[]
  readonly clock: Pick<TrustedClock, 'isSet' | 'now' | 'floor'>
  readonly proxy?: HttpProxy | undefined
  readonly timeoutMs?: number
}

/** As Node's agents want it: with an error there is no connection. */
export type Connected = (error: Error | null, socket?: TLSSocket) => void

export const TIMEOUT_MS = 30_000

/** Hands the connection over only when the other end has proven itself: until then not a byte is sent. */
export function connectPinned(
  server: PinnedServer,
  connected: Connected,
  signal?: AbortSignal,
): void {
  open(server, signal).then(
    (socket) => connected(null, socket),
    (error: unknown) => connected(error instanceof Error ? error : new Error(String(error))),
  )
}

async function open(server: PinnedServer, signal: AbortSignal | undefined): Promise<TLSSocket> {
  const { url, proxy, timeoutMs = TIMEOUT_MS } = server
  const host = hostOf(url)
  const socket = await dial({ host, port: portOf(url), proxy, timeoutMs, signal })
  return shakeHands(server, socket, signal)
}

function shakeHands(
  server: PinnedServer,
  underneath: Socket,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  const { timeoutMs = TIMEOUT_MS, url } = server
  const host = hostOf(url)
  const socket = connect({
    socket: underneath,
    // RFC 6066 §3: an address is no server name.
    ...(isIP(host) === 0 && { servername: host }),
    // MDS 0.9.5 › Management Client, 2: TLS 1.2 or 1.3.
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // Verified below, against the pinned root and trusted time instead of the machine's.
    rejectUnauthorized: false,
  })
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const where = whereOf(server)
  const fail = (error: Error): void => reject(toTrouble(error, where))
  const stop = (): void => void socket.destroy(new Stopped())
  signal?.addEventListener('abort', stop, { once: true })
  socket.setTimeout(timeoutMs, () => socket.destroy(new SilentHandshake()))
  socket.once('error', fail)
  socket.once('secureConnect', () => {
    socket.setTimeout(0)
    socket.off('error', fail)
    signal?.removeEventListener('abort', stop)
    try {
      requirePinned(server, socket)
      resolve(socket)
    } catch (error) {
      socket.on('error', () => socket.destroy())
      socket.destroy()
      reject(error as Error)
    }
  })
  return promise
}

function requirePinned({ url, roots, clock }: PinnedServer, socket: TLSSocket): void {
  const now = clock.isSet ? clock.now() : undefined
  const { raw } = socket.getPeerX509Certificate() ?? {}
  requirePinnedServer(raw, { roots, host: hostOf(url), floor: clock.floor, now })
}

/** For the log: where a connection leads, and by which way. */
export function whereOf({ url, proxy }: Pick<PinnedServer, 'url' | 'proxy'>): string {
  const host = hostOf(url)
  const way = proxy?.isFor(host) === true ? ` through ${proxy.address}` : ''
  return `${host}:${portOf(url)}${way}`
}

class SilentHandshake extends Error {}
class Stopped extends Error {}

function toTrouble(error: Error, where: string): SanadError {
  if (error instanceof SilentHandshake || error instanceof Stopped) {
    const why = error instanceof Stopped ? 'stopped' : `${where}: silent during the TLS handshake`
    return new SanadError('client.server-unreachable', why, { cause: error })
  }
  return handshakeTroubleOf(error, where)
}
