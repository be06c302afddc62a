import { networkOf } from '../platform/network.ts'
import { HOUR_MS } from '@sanad/protocol/text/durations'

/**
 * Who has been proven lately. A connection or a network from which an authentic message of a registered device came
 * is heard before those that have shown nothing yet. A connection that sends what is not authentic again and again is
 * not, until it sends something authentic.
 */

/** Where a message comes from. */
export interface Source {
  /** The TLS connection, or the live channel over it: nobody else can send on it. */
  readonly connection: object
  /** As the socket names it. */
  readonly address: string
  /** Whether nobody is there any more to read an answer. */
  readonly isGone?: () => boolean
}

/** Devices check in once a day at least (MDS 0.9.5 leaves the interval open; 86,400 s is our longest). */
const PROVEN_FOR_MS = 26 * HOUR_MS
/** About 3 MB. The network that was not heard of for longest is forgotten. */
const MOST_NETWORKS = 20_000

/**
 * In a row. An honest device is refused once when the server has new keys since its last message, and once more when
 * its clock was wrong.
 */
const MOST_FAILURES = 2

/** What is known of one connection. */
interface Heard {
  /** Folded once: three places ask about each message. */
  readonly network: string
  /** That was proven on it last. */
  device: string | undefined
  /** Messages that were not authentic, since. */
  failures: number
}

export class Standings {
  readonly #connections = new WeakMap<object, Heard>()
  /** When a device was proven there last; in the order of that. */
  readonly #networks = new Map<string, number>()

  isProven(source: Source, now: number): boolean {
    const { network, device, failures } = this.#heard(source)
    if (failures > MOST_FAILURES) return false
    if (device !== undefined) return true
    const at = this.#networks.get(network)
    return at !== undefined && now - at < PROVEN_FOR_MS
  }

  /** Whose share of the room it takes: the device's that was proven on its connection, or else its network's. */
  senderOf(source: Source): string {
    const { network, device } = this.#heard(source)
    return device ?? network
  }

  /** @param device a name of the device that no other has */
  noteProven(source: Source, device: string, now: number): void {
    const heard = this.#heard(source)
    heard.device = device
    heard.failures = 0
    const { network } = heard
    this.#networks.delete(network)
    this.#networks.set(network, now)
    if (this.#networks.size <= MOST_NETWORKS) return
    const [oldest] = this.#networks.keys()
    if (oldest !== undefined) this.#networks.delete(oldest)
  }

  noteNotAuthentic(source: Source): void {
    this.#heard(source).failures++
  }

  #heard({ connection, address }: Source): Heard {
    const known = this.#connections.get(connection)
    if (known !== undefined) return known
    const heard: Heard = { network: networkOf(address), device: undefined, failures: 0 }
    this.#connections.set(connection, heard)
    return heard
  }
}
