import { type ClientRequest, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { rootCertificates } from 'node:tls'
import { SanadError } from '@sanad/protocol/text/problems'
import { readConnectAnswer, refusalOf } from './connect-answer.ts'
import { type ProxyAccount, basicCredentials } from './proxy-account.ts'
import { hostOf, portOf } from './proxy-url.ts'
import { codeOf, stopOf, troubleOf } from './trouble.ts'

/**
 * One CONNECT (RFC 9110 §9.3.6), by Node's own HTTP client: its parser is strict and its headers are bounded. What
 * comes out is a connection on which the caller speaks TLS with the far end, as if the proxy were not there.
 */

export interface Tunnel {
  readonly proxy: URL
  /** PEM, besides the public ones. */
  readonly ca?: readonly string[] | undefined
  readonly account?: ProxyAccount | undefined
  readonly host: string
  readonly port: number
  /** Milliseconds until the proxy must have answered. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** Bytes: Squid's answers have a few hundred. */
const LARGEST_HEADER = 16 * 1024

/** @throws SanadError `proxy.*`, whose detail names the proxy and never the account */
export async function openTunnel(tunnel: Tunnel): Promise<Socket> {
  const { proxy, timeoutMs, signal } = tunnel
  const deadline = AbortSignal.timeout(timeoutMs)
  const asking = ask(tunnel, signal === undefined ? deadline : AbortSignal.any([deadline, signal]))
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  let hasConnected = false
  asking.once('socket', (socket) => socket.once('connect', () => (hasConnected = true)))
  asking.on('error', (cause) => {
    if (!deadline.aborted) reject(translate(cause, proxy))
    else reject(tooSlow(proxy, hasConnected, cause))
  })
  asking.once('connect', (answer, socket, head) => {
    const refusal = refusalOf(readConnectAnswer(answer), proxy.origin, tunnel.account !== undefined)
    socket.on('error', () => socket.destroy())
    if (refusal !== undefined || head.length > 0) {
      socket.destroy()
      return reject(refusal ?? speaksFirst(proxy))
    }
    resolve(socket as Socket)
  })
  asking.end()
  return promise
}

function ask({ proxy, ca, account, host, port }: Tunnel, signal: AbortSignal): ClientRequest {
  // RFC 9110 §7.2, RFC 3986 §3.2.2.
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const request = proxy.protocol === 'https:' ? requestHttps : requestHttp
  return request({
    method: 'CONNECT',
    host: hostOf(proxy),
    port: portOf(proxy),
    path: target,
    headers: {
      Host: target,
      'User-Agent': 'Sanad',
      ...(account !== undefined && { 'Proxy-Authorization': basicCredentials(account) }),
    },
    agent: false,
    maxHeaderSize: LARGEST_HEADER,
    signal,
    ...(ca !== undefined && { ca: [...rootCertificates, ...ca] }),
  })
}

function translate(cause: Error, proxy: URL): SanadError {
  const { origin } = proxy
  const code = codeOf(cause)
  const found = stopOf(cause) ?? troubleOf(cause, 'proxy', origin)
  if (found !== undefined) return found
  // A certificate that is not trusted, or something at an https:// address that is not TLS.
  const isOfTls = proxy.protocol === 'https:' && !code.startsWith('HPE_')
  const kind = isOfTls ? 'proxy.certificate-refused' : 'proxy.not-a-proxy'
  return new SanadError(kind, `${origin}: ${code}`, { cause })
}

function tooSlow(proxy: URL, hasConnected: boolean, cause: Error): SanadError {
  const { origin } = proxy
  return hasConnected
    ? new SanadError('proxy.too-slow', `${origin}: no answer to CONNECT`, { cause })
    : new SanadError('proxy.unreachable', `${origin}: ETIMEDOUT`, { cause })
}

/** RFC 8446 §4.1.2: in TLS the client speaks first. A page comes here from what only plays a proxy. */
const speaksFirst = ({ origin }: URL): SanadError =>
  new SanadError('connection.not-tls', `${origin} answers CONNECT with content of its own`)
