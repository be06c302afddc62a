import { randomUUID } from 'node:crypto'
import { importLife } from '@sanad/protocol/domain/import-lifecycle'
import type { ConfirmImport, ImportView } from '@sanad/protocol/operator-api/imports'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { type Database, isUniqueViolation, translateDatabaseError } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import './import-tables.ts'
import { applyImport, holdImport } from './apply-import.ts'
import { DEAD_AFTER_SECONDS, ImportProgress } from './import-progress.ts'
import { readImport } from './import-view.ts'
import {
  type ImportUpload,
  checkImport,
  failImport,
  noteReceived,
  openImport,
} from './import-steps.ts'
import { brokenOff, receiveRows } from './receive-import.ts'
import { forgetRows } from './stage-rows.ts'
import { translateUploadError } from './upload-failures.ts'

/**
 * Imports, from upload to approval.
 *
 * `receiving → checking → ready → applying → applied`; every step is on disk, so that a server that stops can
 * take it up again: an upload that broke off is sent again, the rest goes on by itself.
 */

export interface ImportDeskOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Logger
}

const MOST_UPLOADS = 2
const LOOK_ROUND_MS = 10_000

export class ImportDesk {
  readonly #database: Database
  readonly #clock: Clock
  readonly #log: Logger
  readonly #worker = randomUUID()
  readonly #working = new Set<Promise<void>>()
  #uploads = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ database, clock, log }: ImportDeskOptions) {
    this.#database = database
    this.#clock = clock
    this.#log = log
  }

  /** Takes up, now and from time to time, what a server that stopped has left. */
  start(): void {
    this.#timer ??= setInterval(() => this.#inBackground(() => this.takeUp()), LOOK_ROUND_MS)
    this.#inBackground(() => this.takeUp())
  }

  /** Resolves when the work at hand is done; what waits is taken up after the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await Promise.all(this.#working)
  }

  /** @throws SanadError `import.*`, `request.too-large`, `server.overloaded` */
  async receive(upload: ImportUpload): Promise<ImportView> {
    if (this.#uploads >= MOST_UPLOADS) throw new SanadError('server.overloaded', 'uploads')
    this.#uploads++
    try {
      await openImport(this.#database, upload)
      using progress = await ImportProgress.begin(this.#database, upload.importId, this.#worker)
      await this.#receiveRows(upload, progress)
      return await readImport(this.#database, upload.importId)
    } finally {
      this.#uploads--
    }
  }

  async #receiveRows(upload: ImportUpload, progress: ImportProgress): Promise<void> {
    const { importId } = upload
    try {
      const received = await receiveRows(
        this.#database,
        this.#clock,
        { ...upload, columns: upload.columns },
        progress,
      )
      await noteReceived(this.#database, importId, received)
      await checkImport(this.#database, importId)
    } catch (error) {
      const problem = translateUploadError(error)
      await failImport(this.#database, importId, problem)
      throw problem
    }
  }

  /**
   * Goes on in the background; saying the same again changes nothing.
   *
   * @throws SanadError `import.not-found`, `import.has-errors`, `import.has-warnings`, `import.state-refused`
   */
  async confirm(
    importId: string,
    { choice, warnings }: ConfirmImport,
    operatorId: string,
  ): Promise<ImportView> {
    const isNew = await this.#database.transaction().execute(async (tx) => {
      const job = await holdImport(tx, importId)
      const isRepeat = job.choice === choice && ['applying', 'applied'].includes(job.state)
      if (isRepeat) return false
      const state = importLife.next(job.state, 'confirm')
      if (choice === 'all' && job.rows_with_errors !== 0) throw new SanadError('import.has-errors')
      const hasWarnings = (job.rows_with_warnings ?? 0) > 0
      if (hasWarnings && warnings === undefined) throw new SanadError('import.has-warnings')
      await tx
        .updateTable('device_import')
        .set({
          state,
          choice,
          warnings: warnings ?? null,
          confirmed_by: operatorId,
          failure_code: null,
        })
        .where('import_id', '=', importId)
        .execute()
      return true
    })
    if (isNew) this.#inBackground(() => this.#apply(importId))
    return readImport(this.#database, importId)
  }

  /** @throws SanadError `import.not-found`, `import.state-refused` */
  async discard(importId: string): Promise<ImportView> {
    await this.#database.transaction().execute(async (tx) => {
      const job = await holdImport(tx, importId)
      if (job.state === 'discarded') return
      const state = importLife.next(job.state, 'discard')
      await forgetRows(tx, importId)
      await tx
        .updateTable('device_import')
        .set({ state, finished_at: sql<Date>`clock_timestamp()` })
        .where('import_id', '=', importId)
        .execute()
    })
    return readImport(this.#database, importId)
  }

  async #apply(importId: string): Promise<void> {
    using progress = await ImportProgress.begin(this.#database, importId, this.#worker)
    try {
      await applyImport(this.#database, importId, progress)
    } catch (error) {
      const problem = translateDatabaseError(error)
      // Both pass by themselves: the import stays `applying`, and is taken up again.
      if (isUniqueViolation(error)) throw error
      if (problem instanceof SanadError && problem.retryable) throw error
      await failImport(
        this.#database,
        importId,
        new SanadError('server.internal', undefined, { cause: error }),
      )
      throw error
    }
  }

  /** Goes on with imports whose worker has given no sign of life. */
  async takeUp(): Promise<void> {
    const { rows } = await sql<{ import_id: string; state: string }>`
      update device_import_progress p
      set worker = ${this.#worker}, alive_at = clock_timestamp()
      from device_import i
      where i.import_id = p.import_id and i.state in ('receiving', 'checking', 'applying')
        and p.alive_at < clock_timestamp() - make_interval(secs => ${DEAD_AFTER_SECONDS}::int)
      returning i.import_id, i.state`.execute(this.#database)
    for (const { import_id: importId, state } of rows) {
      if (state === 'receiving') await failImport(this.#database, importId, brokenOff())
      else if (state === 'checking') await checkImport(this.#database, importId)
      else await this.#apply(importId)
    }
  }

  #inBackground(work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) => this.#log.warn({ err: error }, 'import work failed'))
      .finally(() => this.#working.delete(task))
    this.#working.add(task)
  }
}
