import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'

/**
 * Gives events their numbers. Any server process may do it, and any reader of the record does it first: the head of
 * the record lets one through at a time, and each batch is one statement that the database carries out by itself.
 */

/** Milliseconds between two looks: what changed is on open portals within that. */
const LOOK_EVERY_MS = 200
const RETRY_AFTER_MS = 2_000
/** About 50 ms of work: readers who wait for the head do not wait for long. */
const MOST_AT_ONCE = 2_000

/** Afterwards everything that was committed before has its number, so that operators see their own acts. */
export async function sequenceEvents(database: Database): Promise<void> {
  for (let taken = MOST_AT_ONCE; taken === MOST_AT_ONCE;) taken = await sequenceBatch(database)
}

async function sequenceBatch(database: Database): Promise<number> {
  const { rows } = await sql<{ taken: number }>`
    select sequence_events(${MOST_AT_ONCE}::int) as taken`.execute(database)
  return rows[0]?.taken ?? 0
}

export interface SequencerOptions {
  readonly database: Database
  readonly log: Logger
}

export class Sequencer {
  readonly #options: SequencerOptions
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: SequencerOptions) {
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted;) {
      failures = (await this.#look(failures === 0)) ? 0 : failures + 1
      const pause = failures === 0 ? LOOK_EVERY_MS : RETRY_AFTER_MS
      await wait(pause, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  /** The first of failures in a row is logged; events wait, and nothing is lost. */
  async #look(isToldOf: boolean): Promise<boolean> {
    const { database, log } = this.#options
    try {
      await sequenceEvents(database)
      return true
    } catch (error) {
      if (isToldOf) log.warn({ err: error }, 'events wait for their numbers')
      return false
    }
  }
}
