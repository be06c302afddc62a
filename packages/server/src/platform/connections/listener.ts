import type { RequestListener } from 'node:http'
import { type Server, createServer } from 'node:https'
import { Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { CONNECTION_LIMITS, type ConnectionLimits, OpenConnections } from './open-connections.ts'
import { mostSockets } from './open-files.ts'
import { answerRefusal, codeOfClientError, refuseConnection } from './refuse-connection.ts'
import { whyMalformed } from './request-form.ts'
import { Handshakes } from './handshakes.ts'
import { type Lines, inTurn } from './requests-in-turn.ts'
import { LISTENER_PROFILE } from './tls-profile.ts'

/**
 * The one TLS listener, with what bounds a connection before anybody knows who is at its other end.
 *
 * docs/availability.md › Connections
 */

export interface Listener {
  readonly server: Server
  readonly connections: OpenConnections
}

/** All headers; 16 KB of them at most, which is Node’s own bound. */
const HEADERS_WITHIN_MS = 20_000
/** An import of 64 MB over a slow line takes minutes. */
const REQUEST_WITHIN_MS = 600_000
/** Neither side has sent anything. */
const SILENT_FOR_MS = 60_000
/** Between requests: longer than the 60 s after which common proxies send the next one. */
const IDLE_FOR_MS = 75_000
const LOOK_EVERY_MS = 5_000

export function makeListener(
  tls: SecureContextOptions,
  listener: RequestListener,
  limits: Partial<ConnectionLimits> = {},
  isProven: (socket: Socket) => boolean = () => true,
): Listener {
  const lines: Lines = new WeakMap()
  const server = createServer(
    {
      ...tls,
      ...LISTENER_PROFILE,
      ALPNCallback: chooseHttp1,
      connectionsCheckingInterval: LOOK_EVERY_MS,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: IDLE_FOR_MS,
      // Ours says it in our own form; see request-form.ts.
      requireHostHeader: false,
    },
    inTurn(refuseMalformed(listener), lines),
  )
  server.setTimeout(SILENT_FOR_MS)
  const most = { ...CONNECTION_LIMITS, mostSockets: mostSockets(), ...limits }
  const connections = new OpenConnections(most, lines)
  admitFirst(server, connections, new Handshakes(isProven))
  server.on('clientError', (error: Error, socket) => {
    // In the middle of an answer there is nothing more to say.
    if (socket instanceof Socket && connections.isAsking(socket)) socket.destroy()
    else refuseConnection(socket, codeOfClientError(error))
  })
  return { server, connections }
}

function refuseMalformed(listener: RequestListener): RequestListener {
  return (request, response) => {
    const code = whyMalformed(request)
    if (code === undefined) listener(request, response)
    else answerRefusal(response, code)
  }
}

/** Ahead of TLS: a connection for which there is no room costs no handshake. */
function admitFirst(server: Server, connections: OpenConnections, handshakes: Handshakes): void {
  const [secure, ...others] = server.listeners('connection')
  if (secure === undefined || others.length > 0) throw new Error('TLS listens in another way')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (connections.admit(socket)) handshakes.enter(socket, () => void secure.call(server, socket))
    else socket.destroy()
  })
  server.on('secureConnection', (socket) => connections.noteSecure(socket))
  server.on('close', () => connections.stop())
}

/**
 * Node's own list would do the same (RFC 7301 §3.2), but Node copies it for every connection into its pool of
 * buffers, and each copy of nine bytes holds on to 64 KB of pool: 13 KB for each of ten thousand channels.
 */
const chooseHttp1 = ({ protocols }: { protocols: readonly string[] }): string | undefined =>
  protocols.find((protocol) => protocol === 'http/1.1')
