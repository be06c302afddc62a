import type { Socket } from 'node:net'
import { SharedTurns } from './shared-turns.ts'
import { HANDSHAKE_WITHIN_MS } from './tls-profile.ts'

/**
 * Handshakes in turn. One costs the server three times as much as the message behind it, so a fleet that comes back
 * after an outage could make it begin more of them than it can end, each later than its client waits, and answer
 * nobody. A turn of the event loop begins a few; of those who wait, networks take turns, those where a device was
 * proven lately in a lane of their own: neither strangers nor new devices stand in their way.
 *
 * A connection waits until its first bytes are here: a silent one costs no TLS.
 */
export class Handshakes {
  readonly #proven = new SharedTurns(MOST_PROVEN_IN_A_TURN)
  readonly #others = new SharedTurns(MOST_OTHERS_IN_A_TURN)
  readonly #isProven: (socket: Socket) => boolean

  /** @param isProven whether a device was proven lately where this connection comes from */
  constructor(isProven: (socket: Socket) => boolean) {
    this.#isProven = isProven
  }

  /** Begins when its turn comes; a connection whose turn comes too late is cut, and its client tries again later. */
  enter(raw: Socket, begin: () => void): void {
    const silent = setTimeout(() => raw.destroy(), HANDSHAKE_WITHIN_MS).unref()
    raw.once('close', () => clearTimeout(silent))
    // Until TLS has it, nobody else listens.
    raw.on('error', () => undefined)
    whenItSpeaks(raw, () => {
      clearTimeout(silent)
      this.#wait(raw, begin)
    })
  }

  #wait(raw: Socket, begin: () => void): void {
    const isProven = this.#isProven(raw)
    const lane = isProven ? this.#proven : this.#others
    const until = performance.now() + (isProven ? LONGEST_PROVEN_WAIT_MS : LONGEST_WAIT_MS)
    lane.do(raw.remoteAddress, { isGone: () => cutIfLate(raw, until), begin })
  }
}

/** @returns whether the connection is gone, by now or before */
function cutIfLate(raw: Socket, until: number): boolean {
  // A reset tells the client at once, and leaves nothing behind here.
  if (!raw.destroyed && performance.now() > until) raw.resetAndDestroy()
  return raw.destroyed
}

/** About 6 ms of the thread with what the client's answers cost; a whole turn takes in 15 ms of messages. */
const MOST_PROVEN_IN_A_TURN = 4
const MOST_OTHERS_IN_A_TURN = 4
/** What waits longer is answered later than a crowd's messages should be; the client comes back with jitter. */
const LONGEST_PROVEN_WAIT_MS = 2_000
/** Our client gives up after 30 s. */
const LONGEST_WAIT_MS = 10_000

function whenItSpeaks(raw: Socket, then: () => void): void {
  if (raw.readableLength > 0) return then()
  raw.once('readable', () => {
    if (raw.readableLength > 0) then()
    // Its end, and nothing before it.
    else raw.destroy()
  })
}
