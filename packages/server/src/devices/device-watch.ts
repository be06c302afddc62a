import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { LiveMessage } from '@sanad/protocol/api/live'
import { SanadError } from '@sanad/protocol/problems'
import type { Logger } from '../platform/log.ts'

/**
 * Tells whoever subscribes which devices changed, on whichever server of the fleet it happened.
 *
 * One connection of this process listens (PostgreSQL LISTEN); what is written in a transaction is announced at
 * its commit. When the connection was lost, subscribers are told to read everything anew.
 */

const CHANNEL = 'sanad_device'
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 10_000
/** A connection that died silently is noticed by then. */
const PROBE_EVERY_MS = 30_000
const PROBE_TIMEOUT_MS = 10_000
const MOST_SUBSCRIBERS = 500

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export type Subscriber = (message: LiveMessage) => void

export class DeviceWatch {
  readonly #pool: pg.Pool
  readonly #log: Logger
  readonly #subscribers = new Set<Subscriber>()
  readonly #stopping = new AbortController()
  #listening: Promise<void> | undefined
  #whenReady = Promise.withResolvers<void>()

  /** @param pool tells where the database is; the watch opens a connection of its own. */
  constructor(pool: pg.Pool, log: Logger) {
    this.#pool = pool
    this.#log = log
  }

  /** Resolves when the watch hears; it goes on trying by itself for as long as it takes. */
  start(): Promise<void> {
    this.#listening ??= this.#keepListening()
    return this.#whenReady.promise
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#whenReady.resolve()
    await this.#listening
  }

  /** @returns the way to stop it. @throws SanadError `server.overloaded` */
  subscribe(subscriber: Subscriber): () => void {
    if (this.#subscribers.size >= MOST_SUBSCRIBERS) {
      throw new SanadError('server.overloaded', 'live streams')
    }
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  async #keepListening(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#stopping.signal.aborted) {
      const client = new pg.Client({ ...this.#pool.options, application_name: 'sanad-live' })
      try {
        await this.#listen(client)
        retryMs = FIRST_RETRY_MS
        await this.#untilBroken(client)
      } catch (error) {
        this.#log.warn({ err: error }, 'live connection to the database lost')
      }
      await client.end().catch(() => {})
      await wait(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    }
  }

  async #listen(client: pg.Client): Promise<void> {
    client.on('notification', ({ payload = '' }) => this.#tell(readPayload(payload)))
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
    this.#whenReady.resolve()
    // What happened before this connection listened is not known here.
    this.#tell({ event: 'resync', data: {} })
  }

  async #untilBroken(client: pg.Client): Promise<void> {
    const broken = new Promise<never>((_resolve, reject) => {
      client.once('error', reject)
      client.once('end', () => reject(new SanadError('database.unavailable', 'connection ended')))
    })
    // Rejected also when nobody waits for it any more.
    broken.catch(() => {})
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const pause = wait(PROBE_EVERY_MS, undefined, { signal }).catch(() => {})
      await Promise.race([pause, broken])
      if (!signal.aborted) await Promise.race([client.query('select 1'), broken, timeOut(signal)])
    }
  }

  #tell(message: LiveMessage): void {
    for (const subscriber of this.#subscribers) subscriber(message)
  }
}

async function timeOut(signal: AbortSignal): Promise<void> {
  await wait(PROBE_TIMEOUT_MS, undefined, { signal, ref: false }).catch(() => {})
  if (!signal.aborted) throw new SanadError('database.unavailable', 'no answer to a probe')
}

/** Anything but a device’s id means that more changed than is worth naming. */
function readPayload(payload: string): LiveMessage {
  if (!UUID.test(payload)) return { event: 'resync', data: {} }
  return { event: 'device', data: { deviceId: payload } }
}
