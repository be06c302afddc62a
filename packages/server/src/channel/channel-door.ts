import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'
import { CHANNEL_PATH, LARGEST_FRAME } from '@sanad/protocol/wire/envelope/channel'
import { type ProblemCode, PROBLEMS } from '@sanad/protocol/text/problems'
import { WebSocketServer } from 'ws'
import type { OpenConnections } from '../platform/connections/open-connections.ts'
import { refuseConnection } from '../platform/connections/refuse-connection.ts'
import { whyMalformed } from '../platform/connections/request-form.ts'
import type { HttpApp } from '../platform/http.ts'
import type { ChannelHub } from './channel-hub.ts'
import { DeviceChannel } from './device-channel.ts'

/** Of a frame that is not complete: 64 KB in packets of 1,400 bytes is 47. A byte at a time would be 65,536. */
const MOST_CHUNKS = 128
/** Of a message that is not complete: 64 KB in parts of 4 KB is 16. Our own client sends one. */
const MOST_FRAGMENTS = 16
/** Answers to pings that the client does not read. */
const MOST_UNREAD_PONGS = 128

/** With bounds that the types of the library do not name yet. */
const OPTIONS = {
  noServer: true,
  // A compressor for each would cost more memory than all the rest, and ciphertext does not shrink.
  perMessageDeflate: false,
  maxPayload: LARGEST_FRAME,
  // What is begun and not ended costs more than its bytes: each piece keeps the buffer it came in.
  maxBufferedChunks: MOST_CHUNKS,
  maxFragments: MOST_FRAGMENTS,
  maxPendingAutoPongs: MOST_UNREAD_PONGS,
  // The hub keeps them itself.
  clientTracking: false,
}

/** Where an HTTP connection of the one port becomes a live channel. */
export function channelDoor(hub: ChannelHub) {
  const sockets = new WebSocketServer({ ...OPTIONS, WebSocket: DeviceChannel })

  return async (app: HttpApp): Promise<void> => {
    app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (socket instanceof Socket) upgrade(app.connections, request, socket, head)
      else socket.destroy()
    })
    app.addHook('preClose', () => hub.stop())
  }

  function upgrade(
    connections: OpenConnections,
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
  ): void {
    // Two answers at once would be written into one another.
    if (connections.isAsking(socket)) return void socket.destroy()
    const address = socket.remoteAddress ?? ''
    const refusal = whyMalformed(request) ?? whyRefused(request, address)
    if (refusal !== undefined) return refuse(socket, refusal)
    sockets.handleUpgrade(request, socket, head, (channel) => {
      connections.becomeChannel(socket)
      hub.take(channel, address)
    })
  }

  function whyRefused({ url = '', headers }: IncomingMessage, address: string) {
    if (url !== CHANNEL_PATH || headers.upgrade?.toLowerCase() !== 'websocket')
      return 'request.not-found'
    // RFC 6455 §10.2: browsers name the page that asks. No page has business here.
    if (headers.origin !== undefined) return 'request.malformed'
    return hub.whyRefused(address)
  }
}

const RETRY_AFTER_SECONDS = 60

function refuse(socket: Socket, code: ProblemCode): void {
  const isForNow = PROBLEMS[code].status === 503 || PROBLEMS[code].status === 429
  refuseConnection(socket, code, isForNow ? RETRY_AFTER_SECONDS : undefined)
}
