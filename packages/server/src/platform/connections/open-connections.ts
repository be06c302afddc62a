import type { Socket } from 'node:net'
import { networkOf } from '../network.ts'
import { type Wait, isTooSlow, waitOf } from './pace.ts'
import { refuseConnection } from './refuse-connection.ts'
import type { Lines } from './requests-in-turn.ts'

/**
 * The connections of the one port: how many there may be, from where, and which of them makes room.
 *
 * Where a bound is reached, the oldest connection that waits for its client makes room for the new one: an honest
 * client opens another when it needs one. Only when the server works for every one of them is a new one refused.
 */

export interface ConnectionLimits {
  /** Connections from one network that are no live channel. */
  readonly mostPerNetwork: number
  /** Connections in all that are no live channel. */
  readonly mostConnections: number
  /** Connections in all, with the live channels. */
  readonly mostSockets: number
}

export const CONNECTION_LIMITS = {
  // A client opens at most four at a time: 200 devices behind one address, and a room full of browsers with six each.
  mostPerNetwork: 1_024,
  // What each holds at worst stands in docs/availability.md.
  mostConnections: 8_192,
} as const

const SWEEP_EVERY_MS = 5_000

interface OpenConnection {
  readonly network: string
  readonly raw: Socket
  /** Once the handshake is over. */
  secure?: Socket
  wait: Wait | undefined
  isChannel: boolean
  /** A request of it came with an operator's session. */
  isSignedIn: boolean
}

export class OpenConnections {
  readonly #limits: ConnectionLimits
  readonly #lines: Lines
  /** Of each network, oldest first; without live channels. */
  readonly #byNetwork = new Map<string, Set<OpenConnection>>()
  /** Until each has its TLS socket, by the address and port it comes from. */
  readonly #handshaking = new Map<string, OpenConnection>()
  readonly #secure = new WeakMap<Socket, OpenConnection>()
  readonly #timer: NodeJS.Timeout
  #sockets = 0
  #connections = 0
  #refused = 0
  #closed = 0
  /** Of which the client owed something at the last look. */
  #waiting = 0

  constructor(limits: ConnectionLimits, lines: Lines) {
    this.#limits = limits
    this.#lines = lines
    this.#timer = setInterval(() => this.sweep(performance.now()), SWEEP_EVERY_MS).unref()
  }

  /** For tests and measurements: how full it is. */
  get counts() {
    return {
      sockets: this.#sockets,
      connections: this.#connections,
      networks: this.#byNetwork.size,
      refused: this.#refused,
      closed: this.#closed,
      waiting: this.#waiting,
    }
  }

  /** Before the handshake, which is what costs. @returns false where there is no room */
  admit(raw: Socket): boolean {
    const network = networkOf(raw.remoteAddress ?? '')
    const group = this.#byNetwork.get(network) ?? new Set()
    if (!this.#hasRoom(group)) {
      this.#refused++
      return false
    }
    const connection: OpenConnection = {
      network,
      raw,
      wait: undefined,
      isChannel: false,
      isSignedIn: false,
    }
    this.#byNetwork.set(network, group.add(connection))
    this.#sockets++
    this.#connections++
    const key = keyOf(raw)
    this.#handshaking.set(key, connection)
    raw.once('close', () => {
      this.#sockets--
      this.#handshaking.delete(key)
      this.#leaveGroup(connection)
    })
    return true
  }

  noteSecure(secure: Socket): void {
    const key = keyOf(secure)
    const connection = this.#handshaking.get(key)
    if (connection === undefined) return
    this.#handshaking.delete(key)
    connection.secure = secure
    this.#secure.set(secure, connection)
  }

  /** From now on the hub of the live channels counts it. */
  becomeChannel(secure: Socket): void {
    const connection = this.#secure.get(secure)
    if (connection === undefined) return
    connection.isChannel = true
    this.#leaveGroup(connection)
  }

  /** Whether requests of this connection are not answered yet. */
  isAsking(secure: Socket): boolean {
    return this.#lines.get(secure)?.inWork !== undefined
  }

  noteSignedIn(secure: Socket): void {
    const connection = this.#secure.get(secure)
    if (connection !== undefined) connection.isSignedIn = true
  }

  isSignedIn(secure: Socket): boolean {
    return this.#secure.get(secure)?.isSignedIn === true
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Ends those that do not send or take what they began. @param now of `performance.now()` */
  sweep(now: number): void {
    this.#waiting = 0
    for (const group of this.#byNetwork.values()) for (const each of group) this.#hurry(each, now)
  }

  #hurry(connection: OpenConnection, now: number): void {
    const { secure } = connection
    if (secure === undefined || secure.destroyed) return
    const wait = waitOf(secure, this.#lines.get(secure), connection.wait, now)
    connection.wait = wait
    if (wait === undefined) return
    this.#waiting++
    if (!isTooSlow(secure, wait, now)) return
    this.#closed++
    if (wait.turn.response.headersSent) secure.destroy()
    else refuseConnection(secure, 'request.too-slow')
  }

  #hasRoom(group: ReadonlySet<OpenConnection>): boolean {
    const { mostPerNetwork, mostConnections, mostSockets } = this.#limits
    if (group.size >= mostPerNetwork) return this.#makeRoom(group)
    const isFull = this.#connections >= mostConnections || this.#sockets >= mostSockets
    return !isFull || this.#makeRoom(this.#largestGroup())
  }

  /** A stranger with one address has the most of them, and so makes room for everybody else. */
  #largestGroup(): ReadonlySet<OpenConnection> {
    let largest: ReadonlySet<OpenConnection> = new Set()
    for (const group of this.#byNetwork.values()) if (group.size > largest.size) largest = group
    return largest
  }

  #makeRoom(group: ReadonlySet<OpenConnection>): boolean {
    for (const connection of group)
      if (this.#waitsForClient(connection)) {
        this.#closed++
        this.#leaveGroup(connection)
        connection.raw.destroy()
        connection.secure?.destroy()
        return true
      }
    return false
  }

  /** The server has nothing to do for it: no request, not all of one, or an answer that is not read. */
  #waitsForClient({ secure }: OpenConnection): boolean {
    const turn = secure && this.#lines.get(secure)?.inWork
    if (turn === undefined) return true
    return !turn.request.complete || turn.response.writableLength > 0 || turn.response.writableEnded
  }

  #leaveGroup(connection: OpenConnection): void {
    const group = this.#byNetwork.get(connection.network)
    if (group?.delete(connection) !== true) return
    this.#connections--
    if (group.size === 0) this.#byNetwork.delete(connection.network)
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
