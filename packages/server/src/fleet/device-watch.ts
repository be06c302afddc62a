import type pg from 'pg'
import { isUuid } from '@sanad/protocol/text/uuid'
import type { LiveMessage } from '@sanad/protocol/operator-api/live'
import { SanadError } from '@sanad/protocol/text/problems'
import { DatabaseListener } from '../platform/database-listener.ts'
import type { Logger } from '../platform/log.ts'

/**
 * Tells subscribers which devices changed, on any server.
 *
 * What is written in a transaction is announced at its commit. When the connection that hears it was lost,
 * subscribers are told to read everything again.
 */

const MOST_SUBSCRIBERS = 500

export type Subscriber = (message: LiveMessage) => void

export class DeviceWatch {
  readonly #subscribers = new Set<Subscriber>()
  readonly #listener: DatabaseListener

  /** @param pool tells where the database is; the watch opens a connection of its own. */
  constructor(pool: pg.Pool, log: Logger) {
    this.#listener = new DatabaseListener({
      pool,
      log,
      channel: 'sanad_device',
      name: 'sanad-live',
      onPayload: (payload) => this.#tell(readPayload(payload)),
      onListening: () => this.#tell({ event: 'resync', data: {} }),
    })
  }

  /** Resolves when the watch hears; it goes on trying by itself for as long as it takes. */
  start(): Promise<void> {
    return this.#listener.start()
  }

  stop(): Promise<void> {
    return this.#listener.stop()
  }

  /** @returns the way to stop it. @throws SanadError `server.overloaded` */
  subscribe(subscriber: Subscriber): () => void {
    if (this.#subscribers.size >= MOST_SUBSCRIBERS) {
      throw new SanadError('server.overloaded', 'live streams')
    }
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  #tell(message: LiveMessage): void {
    for (const subscriber of this.#subscribers) subscriber(message)
  }
}

/** Anything but a device’s id means that more changed than is worth naming. */
function readPayload(payload: string): LiveMessage {
  if (!isUuid(payload)) return { event: 'resync', data: {} }
  return { event: 'device', data: { deviceId: payload } }
}
