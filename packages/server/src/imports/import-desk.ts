import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ConfirmImport, ImportFormat, ImportView } from '@sanad/protocol/operator-api/imports'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { type Database, isUniqueViolation, translateDatabaseError } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import './import-tables.ts'
import { applyImport, lockImport } from './apply-import.ts'
import { compareRows } from './compare-rows.ts'
import { DEAD_AFTER_SECONDS, ImportProgress } from './import-progress.ts'
import { readImport } from './import-view.ts'
import { judgeAgain } from './judge-again.ts'
import { brokenOff, receiveRows } from './receive-import.ts'
import { countFindings, forgetRows } from './stage-rows.ts'
import { LONGEST_DETAIL, rethrowTaken, rowOf, translateUploadError } from './upload-failures.ts'

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

export interface ImportUpload {
  readonly importId: string
  readonly format: ImportFormat
  readonly body: Readable
  readonly bytesExpected: number | undefined
  readonly operatorId: string
  readonly fileName?: string | undefined
  /** Of CSV, what each column is, where the sender says so. */
  readonly columns?: readonly string[] | undefined
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
      await this.#openImport(upload)
      using progress = await ImportProgress.begin(this.#database, upload.importId, this.#worker)
      await this.#receiveRows(upload, progress)
      return await readImport(this.#database, upload.importId)
    } finally {
      this.#uploads--
    }
  }

  /** A new import; or one whose upload failed, sent again by the same operator. */
  async #openImport({
    importId,
    format,
    bytesExpected,
    operatorId,
    fileName,
  }: ImportUpload): Promise<void> {
    const fresh = {
      format,
      state: 'receiving',
      signer: null,
      signer_certificate_sha256: null,
      signer_ftm_provider_id: null,
      file_sha256: null,
      bytes_expected: bytesExpected ?? null,
      rows_valid: null,
      rows_with_errors: null,
      rows_with_warnings: null,
      warnings: null,
      file_name: fileName ?? null,
      reading: null,
      serial_no_forms: null,
      failure_code: null,
      failure_detail: null,
      failure_row: null,
      choice: null,
      uploaded_by: operatorId,
      confirmed_by: null,
      finished_at: null,
    } as const
    await this.#database.transaction().execute(async (tx) => {
      const known = await lockImport(tx, importId)
      if (known === undefined) {
        const opened = tx.insertInto('device_import').values({ import_id: importId, ...fresh })
        await opened.execute().catch(rethrowTaken)
        return
      }
      if (known.state !== 'failed' || known.uploaded_by !== operatorId) {
        throw new SanadError('import.state-refused')
      }
      await forgetRows(tx, importId)
      await tx
        .updateTable('device_import')
        .set({ ...fresh, rows_read: 0, uploaded_at: sql<Date>`clock_timestamp()` })
        .where('import_id', '=', importId)
        .execute()
    })
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
      await this.#database
        .updateTable('device_import')
        .set({
          state: 'checking',
          rows_read: received.rowsRead,
          file_sha256: received.fileSha256,
        })
        .where('import_id', '=', importId)
        .execute()
      await this.#check(importId)
    } catch (error) {
      const problem = translateUploadError(error)
      await this.#fail(importId, problem)
      throw problem
    }
  }

  async #check(importId: string): Promise<void> {
    await this.#database.transaction().execute(async (tx) => {
      const job = await lockImport(tx, importId)
      if (job?.state !== 'checking') return
      await judgeAgain(tx, job)
      await compareRows(tx, importId)
      const { errors, warnings } = await countFindings(tx, importId)
      await tx
        .updateTable('device_import')
        .set({
          state: 'ready',
          rows_with_errors: errors,
          rows_valid: job.rows_read - errors,
          rows_with_warnings: warnings,
        })
        .where('import_id', '=', importId)
        .execute()
    })
  }

  /** A failed file leaves no rows behind, only the reason. */
  async #fail(importId: string, problem: SanadError): Promise<void> {
    const detail = problem.detail?.slice(0, LONGEST_DETAIL)
    await this.#database.transaction().execute(async (tx) => {
      await forgetRows(tx, importId)
      await tx
        .updateTable('device_import')
        .set({
          state: 'failed',
          failure_code: problem.code,
          failure_detail: detail ?? null,
          failure_row: rowOf(detail),
          finished_at: sql<Date>`clock_timestamp()`,
        })
        .where('import_id', '=', importId)
        .execute()
    })
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
      const job = await lockImport(tx, importId)
      if (job === undefined) throw new SanadError('import.not-found')
      const isRepeat = job.choice === choice && ['applying', 'applied'].includes(job.state)
      if (isRepeat) return false
      if (job.state !== 'ready') throw new SanadError('import.state-refused')
      if (choice === 'all' && job.rows_with_errors !== 0) throw new SanadError('import.has-errors')
      const hasWarnings = (job.rows_with_warnings ?? 0) > 0
      if (hasWarnings && warnings === undefined) throw new SanadError('import.has-warnings')
      await tx
        .updateTable('device_import')
        .set({
          state: 'applying',
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
      const job = await lockImport(tx, importId)
      if (job === undefined) throw new SanadError('import.not-found')
      if (job.state === 'discarded') return
      if (job.state !== 'ready' && job.state !== 'failed') {
        throw new SanadError('import.state-refused')
      }
      await forgetRows(tx, importId)
      await tx
        .updateTable('device_import')
        .set({ state: 'discarded', finished_at: sql<Date>`clock_timestamp()` })
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
      await this.#fail(importId, new SanadError('server.internal', undefined, { cause: error }))
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
      if (state === 'receiving') await this.#fail(importId, brokenOff())
      else if (state === 'checking') await this.#check(importId)
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
