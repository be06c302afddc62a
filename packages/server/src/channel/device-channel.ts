import { WebSocket } from 'ws'
import type { ChannelHub } from './channel-hub.ts'

/** More on its way to a client that does not read, and the channel is given up. */
const MOST_BUFFERED = 256 * 1024

/**
 * One client’s WebSocket, with what the hub knows of it. Ten thousand of them are kept at once, so it has no
 * closures and no timers of its own, and its lists exist only while something is in them.
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
  /** Of devices that wait for an answer: their certificates’ thumbprints. */
  inWork: Set<string> | undefined

  say(text: string): void {
    if (this.readyState !== WebSocket.OPEN) return
    if (this.bufferedAmount > MOST_BUFFERED) this.terminate()
    else this.send(text, ignoreFailure)
  }
}

/** A channel that breaks is closed, and its client asks again. */
function ignoreFailure(): void {
  // Nothing to do: see above.
}
