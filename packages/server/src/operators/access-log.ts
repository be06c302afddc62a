import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import { networkOf } from '../platform/network.ts'
import { StrangersFold } from './strangers-fold.ts'

/**
 * Writes down who asked what at the operators’ door, after the answer is on its way: no answer waits for it, and
 * nothing of it comes near the devices’ door. It holds no bodies, no queries and no secrets.
 */

/** One request, or several of strangers that are alike. */
export interface Access {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly requestId: string
  readonly method: string
  readonly route: string
  readonly path: string | null
  readonly status: number
  readonly code: string | null
  readonly address: string
  readonly operatorId: string | null
  readonly occurrences: number
}

const WRITE_EVERY_MS = 500
/** One statement. */
const MOST_AT_ONCE = 1_000
/** About 10 MB while the database is away: operators have been at it for minutes by then. */
const MOST_WAITING = 20_000

export interface AccessLogOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Logger
}

export class AccessLog {
  readonly #database: Database
  readonly #clock: Clock
  readonly #log: Logger
  readonly #strangers = new StrangersFold()
  #waiting: Access[] = []
  #lost = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor({ database, clock, log }: AccessLogOptions) {
    this.#database = database
    this.#clock = clock
    this.#log = log
  }

  start(): void {
    this.#timer = setInterval(() => void this.flush(), WRITE_EVERY_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#keep(this.#strangers.end())
    await this.flush()
  }

  note(access: Access): void {
    const { operatorId, address } = access
    const entry = { ...access, address: address.slice(0, 64) }
    if (operatorId !== null) return this.#keep([entry])
    this.#keep(this.#strangers.fold(entry, networkOf(address)))
  }

  /** Writes what waits; what the database does not take stays, and is written later. */
  flush(): Promise<void> {
    this.#keep(this.#strangers.roll(this.#clock()))
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  #keep(entries: readonly Access[]): void {
    for (const entry of entries) {
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push(entry)
      else this.#lost++
    }
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MOST_AT_ONCE)
      try {
        await insert(this.#database, batch)
      } catch (error) {
        this.#log.warn({ err: error, waiting: this.#waiting.length }, 'the access log waits')
        return
      }
      this.#waiting = this.#waiting.slice(batch.length)
    }
    if (this.#lost === 0) return
    this.#log.warn({ lost: this.#lost }, 'entries of the access log were lost')
    this.#lost = 0
  }
}

async function insert(database: Database, batch: readonly Access[]): Promise<void> {
  const column = <T>(of: (access: Access) => T): T[] => batch.map(of)
  await sql`
    insert into operator_access_log
      (at, request_id, method, route, path, status, code, address, operator_id, occurrences)
    select * from unnest(
      ${column(({ at }) => new Date(at))}::timestamptz[],
      ${column(({ requestId }) => requestId)}::uuid[],
      ${column(({ method }) => method)}::text[],
      ${column(({ route }) => route)}::text[],
      ${column(({ path }) => path)}::text[],
      ${column(({ status }) => status)}::smallint[],
      ${column(({ code }) => code)}::text[],
      ${column(({ address }) => address)}::text[],
      ${column(({ operatorId }) => operatorId)}::uuid[],
      ${column(({ occurrences }) => occurrences)}::integer[])`.execute(database)
}
