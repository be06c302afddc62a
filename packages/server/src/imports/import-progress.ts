import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import './import-tables.ts'

/**
 * How far the work on an import is, and that somebody is at it. Written outside the transaction of the work.
 */

const BEAT_MS = 5_000
/** A worker without a sign of life for so long is taken for dead, and another takes over. */
export const DEAD_AFTER_SECONDS = 20

export class ImportProgress implements Disposable {
  readonly #database: Database
  readonly #importId: string
  readonly #worker: string
  readonly #heart: NodeJS.Timeout

  private constructor(database: Database, importId: string, worker: string) {
    this.#database = database
    this.#importId = importId
    this.#worker = worker
    // A missed beat is made up by the next.
    this.#heart = setInterval(() => void this.beat().catch(() => {}), BEAT_MS)
  }

  static async begin(
    database: Database,
    importId: string,
    worker: string,
  ): Promise<ImportProgress> {
    await sql`
      insert into device_import_progress (import_id, worker) values (${importId}, ${worker})
      on conflict (import_id) do update set worker = excluded.worker, rows_done = 0,
        step_started_at = excluded.step_started_at, alive_at = excluded.alive_at`.execute(database)
    return new ImportProgress(database, importId, worker)
  }

  async report(done: { readonly rows: number; readonly bytes?: number }): Promise<void> {
    await sql`
      update device_import_progress
      set rows_done = ${done.rows}, bytes_done = coalesce(${done.bytes ?? null}::bigint, bytes_done),
        alive_at = clock_timestamp()
      where import_id = ${this.#importId} and worker = ${this.#worker}`.execute(this.#database)
  }

  async beat(): Promise<void> {
    await sql`
      update device_import_progress set alive_at = clock_timestamp()
      where import_id = ${this.#importId} and worker = ${this.#worker}`.execute(this.#database)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heart)
  }
}
