import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'
import { CHANNEL_PATH, LARGEST_FRAME } from '@sanad/protocol/envelope/channel'
import { type ProblemCode, PROBLEMS, describeProblem } from '@sanad/protocol/problems'
import { WebSocketServer } from 'ws'
import type { HttpApp } from '../platform/http.ts'
import type { ChannelHub } from './channel-hub.ts'
import { DeviceChannel } from './device-channel.ts'

/** Where an HTTP connection of the one port becomes a live channel. */
export function channelDoor(hub: ChannelHub) {
  const sockets = new WebSocketServer({
    noServer: true,
    // A compressor for each would cost more memory than all the rest, and ciphertext does not shrink.
    perMessageDeflate: false,
    maxPayload: LARGEST_FRAME,
    // The hub keeps them itself.
    clientTracking: false,
    WebSocket: DeviceChannel,
  })

  return async (app: HttpApp): Promise<void> => {
    app.server.on('upgrade', upgrade)
    app.addHook('preClose', () => hub.stop())
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = (socket instanceof Socket ? socket.remoteAddress : undefined) ?? ''
    const refusal = whyRefused(request, address)
    if (refusal !== undefined) return refuse(socket, refusal)
    sockets.handleUpgrade(request, socket, head, (channel) => hub.take(channel, address))
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

/** There is no reply object for an upgrade: the answer is written by hand. */
function refuse(socket: Duplex, code: ProblemCode): void {
  const body = JSON.stringify(describeProblem(code))
  const { status } = PROBLEMS[code]
  socket.on('error', () => socket.destroy())
  socket.end(
    [
      `HTTP/1.1 ${status} Refused`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      ...(status === 503 || status === 429 ? [`retry-after: ${RETRY_AFTER_SECONDS}`] : []),
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}
