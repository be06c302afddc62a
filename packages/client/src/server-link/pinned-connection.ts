import { isIP } from 'node:net'
import { type TLSSocket, connect } from 'node:tls'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { requirePinnedServer } from './tls-certificate.ts'
import type { TrustedClock } from '../trusted-time/trusted-clock.ts'

/** TLS to the one pinned server, for HTTPS and for the live channel. */

export interface PinnedServer {
  readonly url: URL
  readonly roots: readonly Certificate[]
  readonly clock: Pick<TrustedClock, 'isSet' | 'now' | 'floor'>
  readonly timeoutMs?: number
}

export type Connected = (error: Error | null, socket: TLSSocket) => void

export const TIMEOUT_MS = 30_000

/** Hands the connection over only when the other end has proven itself: until then not a byte is sent. */
export function connectPinned(server: PinnedServer, connected: Connected): void {
  const { url, roots, clock, timeoutMs = TIMEOUT_MS } = server
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
  const fail = (error: Error): void => connected(error, socket)
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('TLS handshake timed out')))
  socket.once('error', fail)
  socket.once('secureConnect', () => {
    socket.setTimeout(0)
    socket.off('error', fail)
    try {
      const now = clock.isSet ? clock.now() : undefined
      const { raw } = socket.getPeerX509Certificate() ?? {}
      requirePinnedServer(raw, { roots, host, floor: clock.floor, now })
      connected(null, socket)
    } catch (error) {
      socket.on('error', () => socket.destroy())
      socket.destroy()
      fail(error as Error)
    }
  })
}

export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
