import { networkOf } from '../network.ts'

/**
 * A turn of the event loop begins a few pieces of work, and networks take theirs by turns.
 *
 * One turn reads every socket that has something: with 8,192 connections that each ask for a file, a list or the
 * server's statement, it would last for more than a second, and proven devices would wait for its end. So a
 * turn begins no more than it can do in a few milliseconds; the rest waits, one piece of each network after the
 * other, and an operator waits for one piece of each stranger at most.
 */
export class SharedTurns {
  readonly #mostInATurn: number
  readonly #rest: Rest
  /** By network. Connections bound it: each is one piece, or has one request in work. */
  readonly #waiting = new Map<string, Work[]>()
  #begun = 0
  #isTurnKnown = false

  constructor(mostInATurn: number, rest: Rest = NO_REST) {
    this.#mostInATurn = mostInATurn
    this.#rest = rest
  }

  /** Does it now or in a later turn; or not at all, if the other end is gone by then. */
  do(address: string | undefined, work: Work): void {
    const mayBegin = this.#mayBegin() && this.#waiting.size === 0
    this.#knowTurn()
    if (mayBegin) this.#begin(work)
    else this.#wait(networkOf(address ?? ''), work)
  }

  /** What one turn begins is begun together; the rest is asked for between turns. */
  #mayBegin(): boolean {
    return this.#begun > 0 ? this.#begun < this.#mostInATurn : this.#rest.isOver()
  }

  #begin({ begin }: Work): void {
    if (this.#begun++ === 0) this.#rest.noteBegun()
    begin()
  }

  #wait(network: string, work: Work): void {
    const line = this.#waiting.get(network)
    if (line === undefined) this.#waiting.set(network, [work])
    else line.push(work)
  }

  #knowTurn(): void {
    if (this.#isTurnKnown) return
    this.#isTurnKnown = true
    const end = (): void => this.#endTurn()
    // An immediate would keep the loop from ever being idle.
    if (this.#rest.isOver()) setImmediate(end)
    else setTimeout(end, LOOK_EVERY_MS)
  }

  #endTurn(): void {
    this.#begun = 0
    this.#isTurnKnown = false
    while (this.#mayBegin()) {
      const next = this.#takeNext()
      if (next === undefined) return
      if (!next.isGone()) this.#begin(next)
    }
    if (this.#waiting.size > 0) this.#knowTurn()
  }

  /** Of the network that has waited for longest; it goes to the end of the line of networks. */
  #takeNext(): Work | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const [network, line] = first
    this.#waiting.delete(network)
    const next = line.shift()
    if (line.length > 0) this.#waiting.set(network, line)
    return next
  }
}

/** Whether the thread is to be left alone for a moment, see thread-rest.ts. */
interface Rest {
  noteBegun(): void
  isOver(): boolean
}

const NO_REST: Rest = { noteBegun: () => undefined, isOver: () => true }
const LOOK_EVERY_MS = 2

export interface Work {
  /** The connection has ended meanwhile. */
  readonly isGone: () => boolean
  readonly begin: () => void
}
