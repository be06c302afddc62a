import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Logger } from './log.ts'

/**
 * Hears what is announced in the database (PostgreSQL LISTEN), on a connection of its own: at the commit of
 * whichever server of the fleet wrote it.
 */

export interface DatabaseListenerOptions {
  /** Tells where the database is. */
  readonly pool: pg.Pool
  readonly log: Logger
  /** What is listened to; a plain identifier. */
  readonly channel: string
  /** As the database shows the connection. */
  readonly name: string
  readonly onPayload: (payload: string) => void
  /** It listens, for the first time or again: what was announced before is not known here. */
  readonly onListening: () => void
}

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 10_000
/** A connection that died silently is noticed by then. */
const PROBE_EVERY_MS = 30_000
const PROBE_TIMEOUT_MS = 10_000

export class DatabaseListener {
  readonly #options: DatabaseListenerOptions
  readonly #stopping = new AbortController()
  #listening: Promise<void> | undefined
  #whenReady = Promise.withResolvers<void>()

  constructor(options: DatabaseListenerOptions) {
    this.#options = options
  }

  /** Resolves when it hears; it goes on trying by itself for as long as it takes. */
  start(): Promise<void> {
    this.#listening ??= this.#keepListening()
    return this.#whenReady.promise
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#whenReady.resolve()
    await this.#listening
  }

  async #keepListening(): Promise<void> {
    const { pool, log, name } = this.#options
    let retryMs = FIRST_RETRY_MS
    while (!this.#stopping.signal.aborted) {
      const client = new pg.Client({ ...pool.options, application_name: name })
      try {
        await this.#listen(client)
        retryMs = FIRST_RETRY_MS
        await this.#untilBroken(client)
      } catch (error) {
        log.warn({ err: error, name }, 'live connection to the database lost')
      }
      await client.end().catch(() => {})
      await wait(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    }
  }

  async #listen(client: pg.Client): Promise<void> {
    const { channel, onPayload, onListening } = this.#options
    client.on('notification', ({ payload = '' }) => onPayload(payload))
    await client.connect()
    await client.query(`listen ${channel}`)
    this.#whenReady.resolve()
    onListening()
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
}

async function timeOut(signal: AbortSignal): Promise<void> {
  await wait(PROBE_TIMEOUT_MS, undefined, { signal, ref: false }).catch(() => {})
  if (!signal.aborted) throw new SanadError('database.unavailable', 'no answer to a probe')
}
