import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { announceDevices } from '../record/record-events.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'

/**
 * Tells the fleet’s servers which devices are connected to this one, in batches: at most one write a second,
 * however many come and go.
 *
 * What this process could not write is written again in full when the database is back; what it leaves behind
 * when it dies is taken away by another.
 */

export interface ConnectedDevicesOptions {
  readonly database: Database
  readonly log: Logger
  /** All that are connected now, and since when. */
  readonly current: () => Iterable<readonly [deviceId: string, since: number]>
  readonly writeEveryMs?: number
}

const WRITE_EVERY_MS = 1_000
const BEAT_EVERY_MS = 30_000
const DEAD_AFTER_SECONDS = 120
const LARGEST_BATCH = 2_000

type Change = readonly [deviceId: string, since: number | undefined]

export class ConnectedDevices {
  readonly processId = randomUUID()
  readonly #options: ConnectedDevicesOptions
  /** By device; never more than are connected plus those that left since the last write. */
  readonly #changed = new Map<string, number | undefined>()
  #timers: readonly NodeJS.Timeout[] = []
  /** What is written is not what is. */
  #isStale = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: ConnectedDevicesOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#beat()
    const { writeEveryMs = WRITE_EVERY_MS } = this.#options
    this.#timers = [
      setInterval(() => void this.write(), writeEveryMs).unref(),
      setInterval(() => void this.#beatQuietly(), BEAT_EVERY_MS).unref(),
    ]
  }

  note(deviceId: string, since: number | undefined): void {
    // While nothing can be written, all that is kept is that everything must be.
    if (!this.#isStale) this.#changed.set(deviceId, since)
  }

  /** One write at a time. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Nobody is connected here any more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#writing
    await sql`delete from channel_process where process_id = ${this.processId}`
      .execute(this.#options.database)
      .catch(() => {})
  }

  async #write(): Promise<void> {
    try {
      if (this.#isStale) await this.#writeAll()
      else while (this.#changed.size > 0) await this.#writeSome(takeSome(this.#changed))
    } catch (error) {
      this.#isStale = true
      this.#changed.clear()
      this.#options.log.warn({ err: error }, 'connected devices could not be written')
    }
  }

  async #writeAll(): Promise<void> {
    const { database, current } = this.#options
    await this.#beat()
    await sql`delete from channel_device where process_id = ${this.processId}`.execute(database)
    this.#isStale = false
    for (const [deviceId, since] of current()) this.#changed.set(deviceId, since)
    while (this.#changed.size > 0) await this.#writeSome(takeSome(this.#changed))
  }

  #writeSome(changes: readonly Change[]): Promise<void> {
    const came = changes.filter(([, since]) => since !== undefined)
    const left = changes.filter(([, since]) => since === undefined)
    return this.#options.database.transaction().execute(async (tx) => {
      await this.#insert(tx, came)
      await sql`
        delete from channel_device
        where device_id = any(${left.map(idOf)}::uuid[]) and process_id = ${this.processId}`.execute(
        tx,
      )
      await announceDevices(tx, changes.map(idOf))
    })
  }

  async #insert(tx: DatabaseTransaction, came: readonly Change[]): Promise<void> {
    await sql`
      insert into channel_device (device_id, process_id, since)
      select c.device_id, ${this.processId}, c.since
      from unnest(
        ${came.map(idOf)}::uuid[],
        ${came.map(([, since = 0]) => new Date(since))}::timestamptz[]
      ) as c (device_id, since)
      on conflict (device_id) do update
        set process_id = excluded.process_id, since = excluded.since
        -- Of two servers, the one it came to last has it.
        where channel_device.since <= excluded.since`.execute(tx)
  }

  async #beatQuietly(): Promise<void> {
    await this.#beat().catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'this server could not say that it is there'),
    )
  }

  /** Says that this process lives, and buries those that did not. */
  async #beat(): Promise<void> {
    const { database } = this.#options
    const { rows } = await sql<{ is_new: boolean }>`
      insert into channel_process (process_id) values (${this.processId})
      on conflict (process_id) do update set seen_at = clock_timestamp()
      returning xmax = 0 as is_new`.execute(database)
    // Taken for dead, and what it had written is gone.
    if (rows[0]?.is_new === true && this.#timers.length > 0) this.#isStale = true
    await sql`
      delete from channel_process
      where seen_at < clock_timestamp() - make_interval(secs => ${DEAD_AFTER_SECONDS})`.execute(
      database,
    )
  }
}

const idOf = ([deviceId]: Change): string => deviceId

function takeSome(changed: Map<string, number | undefined>): Change[] {
  const some = [...changed.entries().take(LARGEST_BATCH)]
  for (const [deviceId] of some) changed.delete(deviceId)
  return some
}

export async function countConnectedOf(database: Database, groupId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from channel_device join device using (device_id)
    where group_id = ${groupId}::uuid`.execute(database)
  return rows[0]?.count ?? 0
}
