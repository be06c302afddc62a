import { type Socket, isIP } from 'node:net'
import { type TLSSocket, connect } from 'node:tls'
import { dial } from '@sanad/outbound/dial'
import type { HttpProxy } from '@sanad/outbound/http-proxy'
import { hostOf, portOf } from '@sanad/outbound/proxy-url'
import { handshakeTroubleOf } from '@sanad/outbound/trouble'
import { type AddressGuard, AddressNotAllowed } from './address-guard.ts'

/**
 * A connection to an address that an operator configured: directly, or through the HTTP proxy of the provider’s
 * network. docs/adr/0061 says what the guard can and cannot promise behind a proxy.
 */

export interface Outward {
  readonly guard: AddressGuard
  /** PEM: instead of those that Node trusts. */
  readonly ca?: readonly string[]
  readonly proxy?: HttpProxy
}

export interface Patience {
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Of the look-up before a proxy is asked: where no DNS answers, the proxy alone knows the name. */
const LONGEST_LOOK_MS = 1_000

/** @throws AddressNotAllowed; SanadError `connection.*`, `proxy.*`; what TLS says of the certificate */
export async function connectOut(
  url: URL,
  { guard, ca, proxy }: Outward,
  patience: Patience,
): Promise<Socket> {
  const host = hostOf(url)
  // An address needs no look-up, so the look-up cannot refuse it.
  if (!guard.admitsHost(host)) throw new AddressNotAllowed()
  if (proxy?.isFor(host) === true) await refuseInward(host, guard)
  const { lookup } = guard
  const socket = await dial({ host, port: portOf(url), proxy, lookup, ...patience })
  return url.protocol === 'https:' ? shakeHands(host, socket, ca, patience.signal) : socket
}

/**
 * What the name means here, if it means anything: one that leads into the provider’s own network is refused before
 * the proxy is asked. What it means to the proxy only the proxy can judge.
 */
async function refuseInward(host: string, guard: AddressGuard): Promise<void> {
  if (isIP(host) !== 0) return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, LONGEST_LOOK_MS)
  guard.lookup(host, { all: true }, (error) => {
    if (error instanceof AddressNotAllowed) reject(error)
    else resolve()
  })
  await promise.finally(() => clearTimeout(timer))
}

function shakeHands(
  host: string,
  underneath: Socket,
  ca: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = connect({
    socket: underneath,
    host,
    // RFC 6066 §3: an address is no server name.
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca: [...ca] }),
    ALPNProtocols: ['http/1.1'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const stop = (): void => void socket.destroy(new Error('stopped'))
  const fail = (error: Error): void => {
    const trouble = handshakeTroubleOf(error, host)
    // What is wrong with a certificate is said best by its own code.
    reject(trouble.code === 'connection.tls-refused' ? error : trouble)
  }
  signal.addEventListener('abort', stop, { once: true })
  socket.once('error', fail)
  socket.once('secureConnect', () => {
    signal.removeEventListener('abort', stop)
    socket.off('error', fail)
    // Until the request listens: an error without a listener would end the process.
    socket.on('error', () => undefined)
    resolve(socket)
  })
  return promise
}
