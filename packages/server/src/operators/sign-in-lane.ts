import { availableParallelism } from 'node:os'
import { SanadError } from '@sanad/protocol/text/problems'
import { networkOf } from '../platform/network.ts'

/**
 * The lane in which passwords are tried, and nothing else: bounded, fair, and apart from what devices need.
 *
 * A try costs 19 MiB and about 40 ms of a core, in Node’s pool of four threads, and two connections to the database
 * at most are used by all of them. Browsers that are known go first; after them, networks take turns, one try each,
 * so that one network’s crowd waits for itself. A try of a stranger is followed by a rest: while strangers guess
 * without end, three quarters of a core stay with the devices.
 */

/** One core, and two threads of the pool, are always left to the devices. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1))
/** Twenty seconds of work for one core: who comes later would have given up. */
const MOST_WAITING = 512
/** An office behind one address signs in at nine. */
const MOST_OF_NETWORK = 64
/** As many times as long as the try before it took. */
const REST_OF_STRANGERS = 3
/** The work of one try, for telling how long the queue is. Milliseconds. */
const ABOUT_MS = 40

export interface LaneTurn {
  readonly address: string
  /** The owner, from a browser that is known, or signed in. */
  readonly isKnown: boolean
  /** Whether the connection has ended: its sender reads no answer. */
  readonly isGone?: () => boolean
}

interface Waiting {
  readonly isGone: () => boolean
  readonly start: () => void
  readonly refuse: (error: SanadError) => void
}

export interface SignInLaneOptions {
  /** How long a try of a stranger is followed by none of another, in times of its own duration. */
  readonly restOfStrangers?: number
}

export class SignInLane {
  readonly #known = new TurnsByNetwork()
  readonly #strangers = new TurnsByNetwork()
  readonly #restOfStrangers: number
  #running = 0
  /** Of the monotonic clock, milliseconds. */
  #strangersRestUntil = 0
  #rest: NodeJS.Timeout | undefined

  constructor({ restOfStrangers = REST_OF_STRANGERS }: SignInLaneOptions = {}) {
    this.#restOfStrangers = restOfStrangers
  }

  /** @throws SanadError `server.overloaded` with the wait that the queue means */
  async run<T>(turn: LaneTurn, work: () => Promise<T>): Promise<T> {
    await this.#takeTurn(turn)
    const began = performance.now()
    try {
      return await work()
    } finally {
      if (!turn.isKnown) this.#restAfter(performance.now() - began)
      this.#running--
      this.#startNext()
    }
  }

  #takeTurn({ address, isKnown, isGone = () => false }: LaneTurn): Promise<void> {
    if (this.#running < AT_ONCE && (isKnown || !this.#areStrangersResting())) {
      this.#running++
      return Promise.resolve()
    }
    const queue = isKnown ? this.#known : this.#strangers
    return new Promise((resolve, reject) => {
      queue.add(networkOf(address), { isGone, start: resolve, refuse: reject })
    })
  }

  #startNext(): void {
    const next = this.#known.next() ?? this.#nextStranger()
    if (next === undefined) return
    this.#running++
    next.start()
  }

  #nextStranger(): Waiting | undefined {
    return this.#areStrangersResting() ? undefined : this.#strangers.next()
  }

  #restAfter(tookMs: number): void {
    // A slow try was not slow by its own work.
    const restMs = Math.min(tookMs, ABOUT_MS) * this.#restOfStrangers
    this.#strangersRestUntil = performance.now() + restMs
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => this.#endRest(), restMs).unref()
  }

  #endRest(): void {
    this.#strangersRestUntil = 0
    while (this.#running < AT_ONCE && this.#strangers.size > 0) this.#startNext()
  }

  #areStrangersResting(): boolean {
    return performance.now() < this.#strangersRestUntil
  }
}

class TurnsByNetwork {
  /** In the order of whose turn it is. */
  readonly #networks = new Map<string, Waiting[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(network: string, waiting: Waiting): void {
    const own = this.#networks.get(network) ?? []
    if (own.length >= MOST_OF_NETWORK) return waiting.refuse(this.#overloaded())
    if (this.#size >= MOST_WAITING && !this.#makeRoom(own.length))
      return waiting.refuse(this.#overloaded())
    own.push(waiting)
    this.#networks.set(network, own)
    this.#size++
  }

  /** Refuses, without a try, what nobody waits for any more. */
  next(): Waiting | undefined {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      if (!next.isGone()) return next
      next.refuse(this.#overloaded())
    }
    return undefined
  }

  #take(): Waiting | undefined {
    const [first] = this.#networks
    if (first === undefined) return undefined
    const [network, own] = first
    const next = own.shift()
    this.#networks.delete(network)
    if (own.length > 0) this.#networks.set(network, own)
    this.#size--
    return next
  }

  /** The last of the network that has most waiting goes, if that is more than the newcomer’s network has. */
  #makeRoom(than: number): boolean {
    let longest: Waiting[] = []
    for (const own of this.#networks.values()) if (own.length > longest.length) longest = own
    if (longest.length <= than + 1) return false
    longest.pop()?.refuse(this.#overloaded())
    this.#size--
    return true
  }

  #overloaded(): SanadError {
    const waitMs = (this.#size * ABOUT_MS) / AT_ONCE
    return new SanadError('server.overloaded', 'sign-ins', { waitMs })
  }
}
