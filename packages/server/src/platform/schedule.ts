import { randomUUID } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { Logger } from './log.ts'

/**
 * Work that comes back: each job is done by one server process at a time, survives restarts, and is done by
 * another when the one that had it dies. docs/adr/0007-schedule-in-the-database.md
 */
export interface Job {
  /** Stable: names the job in the database. */
  readonly name: string
  /** Milliseconds from the end of one run to the start of the next. */
  readonly everyMs: number
  readonly run: (signal: AbortSignal) => Promise<void>
}

interface ScheduledJobTable {
  readonly name: string
  readonly due_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
  readonly held_by: string | null
  readonly held_until: Date | null
  readonly failures: number
  readonly last_failure: string | null
}

declare module './database.ts' {
  interface Tables {
    readonly scheduled_job: ScheduledJobTable
  }
}

export interface ScheduleOptions {
  readonly database: Database
  readonly jobs: readonly Job[]
  readonly log: Logger
  /** Milliseconds between two looks at the table. */
  readonly lookEveryMs?: number
}

const LOOK_EVERY_MS = 5_000
const LEASE_SECONDS = 60
const RENEW_EVERY_MS = 15_000
/** A job that failed is tried again after a time that doubles up to this. */
const LONGEST_RETRY_MS = 600_000
const FIRST_RETRY_MS = 5_000

export class Schedule {
  readonly #database: Database
  readonly #jobs: ReadonlyMap<string, Job>
  readonly #log: Logger
  readonly #lookEveryMs: number
  readonly #holder = randomUUID()
  readonly #stopping = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | undefined

  constructor({ database, jobs, log, lookEveryMs = LOOK_EVERY_MS }: ScheduleOptions) {
    this.#database = database
    this.#jobs = new Map(jobs.map((job) => [job.name, job]))
    this.#log = log
    this.#lookEveryMs = lookEveryMs
  }

  async start(): Promise<void> {
    await sql`insert into scheduled_job (name) select unnest(${[...this.#jobs.keys()]}::text[])
      on conflict do nothing`.execute(this.#database)
    this.#timer = setInterval(() => this.#lookQuietly(), this.#lookEveryMs).unref()
    this.#lookQuietly()
  }

  /** What a job has in hand is ended by its signal; then the next process takes it over. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort()
    await Promise.allSettled(this.#running.values())
  }

  /** Makes a job due now, for whichever process is first; while it runs, once more after that. */
  async trigger(name: string): Promise<void> {
    await sql`update scheduled_job set due_at = clock_timestamp()
      where name = ${name} and (due_at > clock_timestamp() or held_by is not null)`.execute(
      this.#database,
    )
    await this.look()
  }

  /** Takes up what is due; ends when that has started, not when it is done. */
  async look(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const free = [...this.#jobs.keys()].filter((name) => !this.#running.has(name))
    if (free.length === 0) return
    const { rows } = await sql<{ name: string }>`
      update scheduled_job set held_by = ${this.#holder}, started_at = clock_timestamp(),
        held_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
      where name = any(${free}::text[]) and due_at <= clock_timestamp()
        and (held_until is null or held_until < clock_timestamp())
      returning name`.execute(this.#database)
    for (const { name } of rows) this.#begin(name)
  }

  /** Until nothing that this process started is running. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values())
  }

  #lookQuietly(): void {
    this.look().catch((error: unknown) =>
      this.#log.warn({ err: error }, 'the schedule could not be read'),
    )
  }

  #begin(name: string): void {
    const job = this.#jobs.get(name)
    if (job === undefined) return
    const run = this.#do(job).finally(() => this.#running.delete(name))
    this.#running.set(name, run)
  }

  async #do(job: Job): Promise<void> {
    const renewal = setInterval(() => void this.#renew(job).catch(() => {}), RENEW_EVERY_MS).unref()
    try {
      await job.run(this.#stopping.signal)
      await this.#finish(job)
    } catch (error) {
      this.#log.warn({ err: error, job: job.name }, 'a scheduled job failed')
      await this.#fail(job, error).catch(() => {})
    } finally {
      clearInterval(renewal)
    }
  }

  async #renew({ name }: Job): Promise<void> {
    await sql`update scheduled_job
      set held_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
      where name = ${name} and held_by = ${this.#holder}`.execute(this.#database)
  }

  async #finish({ name, everyMs }: Job): Promise<void> {
    // What was triggered while it ran is still due.
    await sql`update scheduled_job
      set finished_at = clock_timestamp(), held_by = null, held_until = null, failures = 0, last_failure = null,
        due_at = case when due_at > started_at then due_at
          else clock_timestamp() + make_interval(secs => ${everyMs / 1000}) end
      where name = ${name} and held_by = ${this.#holder}`.execute(this.#database)
  }

  async #fail({ name }: Job, error: unknown): Promise<void> {
    const code = error instanceof SanadError ? error.code : 'server.internal'
    await sql`update scheduled_job
      set held_by = null, held_until = null, failures = failures + 1, last_failure = ${code},
        due_at = clock_timestamp() + make_interval(secs =>
          least(${FIRST_RETRY_MS / 1000} * power(2, least(failures, 20)), ${LONGEST_RETRY_MS / 1000}))
      where name = ${name} and held_by = ${this.#holder}`.execute(this.#database)
  }
}
