import { WebSocket } from 'ws'
import type { ChannelHub } from './channel-hub.ts'

/** More on its way to a client that does not read, and the channel is given up. */
const MOST_BUFFERED = 256 * 1024
const FAREWELL_WITHIN_MS = 30_000
/** What the handshake with one certificate and key agreement by X25519 leaves room for. */
const LARGEST_PIECE = 1_500

/**
 * One client’s WebSocket, with what the hub knows of it. Ten thousand of them are kept at once, so it has no
 * closures and no timers of its own until it says goodbye, and its lists exist only while something is in them.
 */
export class DeviceChannel extends WebSocket {
  hub: ChannelHub | undefined
  address = ''
  /** Milliseconds since the epoch. */
  openedAt = 0
  /** Where it stands in the wheel of pings. */
  slot = 0
  missedPings = 0
  tokens = 0
  tokensAt = 0
  /** Ids of the devices that were heard on it. */
  devices: string[] | undefined
  /** Messages that wait for their turn or their answer. */
  underWay = 0
  /** Of devices that wait for an answer: their certificates’ thumbprints. */
  inWork: Set<string> | undefined
  /** What is still to be said; of the first perhaps only the rest. */
  unsaid: Buffer[] | undefined
  /** The code it is closed with when all is said. */
  farewell: number | undefined

  /** Says this last, and closes. */
  sayAndClose(text: string, farewell: number): void {
    this.say(text)
    this.farewell = farewell
    // A client that does not read it is disconnected.
    setTimeout(() => this.terminate(), FAREWELL_WITHIN_MS).unref()
  }

  say(text: string): void {
    if (this.readyState !== WebSocket.OPEN || this.farewell !== undefined) return
    const isSpeaking = this.unsaid !== undefined
    const bytes = Buffer.from(text)
    this.unsaid ??= []
    this.unsaid.push(bytes)
    if (this.bufferedAmount + countBytes(this.unsaid) > MOST_BUFFERED) this.terminate()
    else if (!isSpeaking) sayNext(this)
  }
}

/**
 * One piece, and the next when it is on its way: as fragments of one message (RFC 6455 §5.4).
 *
 * Given everything at once, Node takes a second buffer of 16 KB for what leaves through TLS, and keeps it for as
 * long as the connection lives; pieces fit in the one that the handshake left.
 */
function sayNext(channel: DeviceChannel): void {
  const [first, ...others] = channel.unsaid ?? []
  if (first === undefined) {
    channel.unsaid = undefined
    if (channel.farewell !== undefined) channel.close(channel.farewell)
    return
  }
  const piece = first.subarray(0, LARGEST_PIECE)
  const isLast = piece.length === first.length
  channel.unsaid = isLast ? others : [first.subarray(LARGEST_PIECE), ...others]
  channel.send(piece, { binary: false, fin: isLast }, (failure) => {
    // A channel that breaks is closed, and its client asks again.
    if (failure) channel.unsaid = undefined
    else sayNext(channel)
  })
}

const countBytes = (buffers: readonly Buffer[]): number =>
  buffers.reduce((bytes, { length }) => bytes + length, 0)
