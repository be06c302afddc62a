import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { EventType } from '@sanad/protocol/domain/events'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import { readHead, readWanted } from './event-reader.ts'
import {
  type Place,
  claimPlaces,
  noteFailedAttempt,
  notePlace,
  openPlace,
  releasePlace,
} from './follower-places.ts'

/**
 * Hands the events of the record to what follows it, each at its own place: at least once, in order, and nothing left
 * out, however long the follower or this server was away. The record is the outbox; there is no other.
 *
 * Each follower is served by one process at a time and by itself: one that is slow or fails holds up no other.
 */

export interface FollowedEvent {
  readonly seq: number
  /** Canonical JSON, as in the record. */
  readonly canonical: string
  readonly leafHash: Uint8Array
}

export interface Follower {
  /** Stable: names its place in the database. */
  readonly name: string
  /** None: all of them. */
  readonly types: readonly EventType[]
  /**
   * When it throws, the same events come again after a while, perhaps with more behind them. It ends when the
   * signal says so, which is after 30 s at the latest.
   */
  readonly take: (events: readonly FollowedEvent[], signal: AbortSignal) => Promise<void>
  /** Without it, a follower is retried for ever. */
  readonly stops?: {
    readonly afterMs: number
    /** In the transaction that stops it. */
    readonly note: (tx: DatabaseTransaction, failures: number) => Promise<void>
  }
}

/** Those there are now. */
export type FollowerSource = (database: Database) => Promise<readonly Follower[]>

/** One that is there as long as the program is; its place begins with the first event of the record. */
export function follow(follower: Follower, clock: Clock): FollowerSource {
  return async (database) => {
    await openPlace(database, follower.name, 0, clock())
    return [follower]
  }
}

export interface FollowersOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Logger
  readonly sources: readonly FollowerSource[]
}

const LOOK_EVERY_MS = 2_000
/** An event has 4 KiB at most, so a batch has 256. */
const EVENTS_AT_ONCE = 64
/** Then it is looked up again: its owner may have changed it. */
const BATCHES_IN_A_ROW = 20
const TAKE_TIMEOUT_MS = 30_000
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = HOUR_MS

export class Followers {
  readonly #options: FollowersOptions
  readonly #holder = randomUUID()
  readonly #stopping = new AbortController()
  readonly #served = new Map<string, Promise<void>>()
  #looking: Promise<void> | undefined

  constructor(options: FollowersOptions) {
    this.#options = options
  }

  start(): void {
    this.#looking ??= this.#keepLooking()
  }

  /** What a follower has in hand is ended by its signal and comes again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#looking
    await this.settle()
  }

  /** Begins to serve those that are due; ends when that has started, not when it is done. */
  async look(): Promise<void> {
    const { database, clock, sources } = this.#options
    const found = await Promise.all(sources.map((list) => list(database)))
    const idle = found.flat().filter(({ name }) => !this.#served.has(name))
    if (idle.length === 0) return
    const names = idle.map(({ name }) => name)
    // Numbers have no gap and are given at once with the head: what is up to it is all there.
    const head = await readHead(database)
    const claim = { names, holder: this.#holder, now: clock(), head }
    const places = new Map(
      (await claimPlaces(database, claim)).map((place) => [place.name, place] as const),
    )
    for (const follower of idle) {
      const place = places.get(follower.name)
      if (place !== undefined) this.#begin(follower, place, head)
    }
  }

  /** Until none is being served by this process. */
  async settle(): Promise<void> {
    while (this.#served.size > 0) await Promise.allSettled(this.#served.values())
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#stopping
    for (let isTold = false; !signal.aborted;) {
      isTold = await this.look().then(
        () => false,
        (error: unknown) => {
          if (!isTold) this.#options.log.warn({ err: error }, 'followers of the record wait')
          return true
        },
      )
      await wait(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  #begin(follower: Follower, place: Place, head: number): void {
    const { log } = this.#options
    const { name } = follower
    const served = this.#serve(follower, place, head)
      // Its place is as it was, and it is another's turn when the lease is over.
      .catch((error: unknown) => log.warn({ err: error, follower: name }, 'a follower was left'))
      .finally(() => this.#served.delete(name))
    this.#served.set(name, served)
  }

  async #serve(follower: Follower, place: Place, head: number): Promise<void> {
    const { database, clock } = this.#options
    const { name } = follower
    const holder = this.#holder
    let after = place.last_seq
    let course: Course = place
    for (let batch = 0; batch < BATCHES_IN_A_ROW && after < head; batch++) {
      if (this.#stopping.signal.aborted) break
      const { events, upTo } = await readBatch(database, follower.types, after, head)
      const failure = await this.#give(follower, events)
      if (failure !== undefined) {
        if (!this.#stopping.signal.aborted) await this.#noteFailure(follower, course, failure)
        break
      }
      const takenAt = events.length > 0 ? new Date(clock()) : null
      if (!(await notePlace(database, { name, holder, upTo, takenAt }))) break
      after = upTo
      course = { ...course, failures: 0, failing_since: null }
    }
    await releasePlace(database, name, holder)
  }

  /** @returns why it failed */
  async #give({ take }: Follower, events: readonly FollowedEvent[]): Promise<string | undefined> {
    if (events.length === 0) return undefined
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(TAKE_TIMEOUT_MS)])
    try {
      await Promise.race([take(events, signal), whenAborted(signal)])
      return undefined
    } catch (error) {
      return nameOf(error)
    }
  }

  async #noteFailure({ name, stops }: Follower, before: Course, failure: string): Promise<void> {
    const { database, clock } = this.#options
    const now = clock()
    const since = before.failing_since ?? new Date(now)
    const failures = before.failures + 1
    const isStopped = stops !== undefined && now - since.getTime() >= stops.afterMs
    const nextAttemptAt = isStopped ? null : new Date(now + retryAfter(before.failures))
    const attempt = { name, holder: this.#holder, failure, failures, since, nextAttemptAt }
    await database.transaction().execute(async (tx) => {
      const isOurs = await noteFailedAttempt(tx, attempt)
      if (isStopped && isOurs) await stops.note(tx, failures)
    })
  }
}

type Course = Pick<Place, 'failures' | 'failing_since'>

interface Batch {
  readonly events: readonly FollowedEvent[]
  /** Nothing up to here is left to take. */
  readonly upTo: number
}

async function readBatch(
  database: Database,
  types: readonly EventType[],
  after: number,
  head: number,
): Promise<Batch> {
  const events = await readWanted(database, { types, after, upTo: head, limit: EVENTS_AT_ONCE })
  const isFull = events.length === EVENTS_AT_ONCE
  return { events, upTo: isFull ? (events.at(-1)?.seq ?? head) : head }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason as Error)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })
}

/** A code and nothing more: an error’s message may hold anything. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return code.slice(0, 64)
}

/** Twice as long each time, up to an hour, and by chance: receivers that came back are not all asked at once. */
function retryAfter(failures: number): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 20))
  return longest * (0.5 + Math.random() / 2)
}
