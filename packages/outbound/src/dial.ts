import { type LookupFunction, type Socket, connect } from 'node:net'
import type { HttpProxy } from './http-proxy.ts'
import { stopOf, troubleOf } from './trouble.ts'

/** A connection to a host: directly, or through the proxy where there is one for it. TLS is the caller's. */

export interface Dialled {
  readonly host: string
  readonly port: number
  readonly proxy?: HttpProxy | undefined
  /** Milliseconds that the caller gives the whole exchange; reaching the other end takes a part of it. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Of a direct connection. */
  readonly lookup?: LookupFunction
}

/** A computer that is there accepts within three seconds, over a satellite too; silence is a packet filter. */
const LONGEST_CONNECT_MS = 10_000
/** The proxy may first have to wait for its own attempt to reach the server. */
const LONGEST_PROXY_MS = 20_000

/** @throws SanadError `connection.*`, `proxy.*`; what `lookup` gives that is not of the network, as it is */
export function dial(target: Dialled): Promise<Socket> {
  const { host, port, proxy, timeoutMs, signal } = target
  if (proxy?.isFor(host) !== true) return dialDirectly(target)
  const patience = Math.min(LONGEST_PROXY_MS, (timeoutMs * 2) / 3)
  return proxy.open({ host, port, signal, timeoutMs: Math.ceil(patience) })
}

function dialDirectly({ host, port, timeoutMs, signal, lookup }: Dialled): Promise<Socket> {
  const where = `${host}:${port}`
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host, port, ...(lookup && { lookup }), ...(signal && { signal }) })
  const fail = (cause: Error): void =>
    reject(stopOf(cause) ?? troubleOf(cause, 'server', where) ?? cause)
  const timer = setTimeout(
    () => {
      const code = 'ETIMEDOUT'
      socket.destroy(Object.assign(new Error(code), { code }))
    },
    Math.min(LONGEST_CONNECT_MS, timeoutMs / 2),
  )
  socket.once('error', fail)
  socket.once('close', () => clearTimeout(timer))
  socket.once('connect', () => {
    clearTimeout(timer)
    socket.off('error', fail)
    // Until the caller listens: an error without a listener would end the process.
    socket.on('error', () => undefined)
    resolve(socket)
  })
  return promise
}
