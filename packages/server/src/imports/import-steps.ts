import type { Readable } from 'node:stream'
import { importLife } from '@sanad/protocol/domain/import-lifecycle'
import type { ImportFormat } from '@sanad/protocol/operator-api/imports'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import { holdImport, lockImport } from './apply-import.ts'
import { compareRows } from './compare-rows.ts'
import './import-tables.ts'
import { judgeAgain } from './judge-again.ts'
import type { Received } from './receive-import.ts'
import { countFindings, forgetRows } from './stage-rows.ts'
import { LONGEST_DETAIL, rethrowTaken, rowOf } from './upload-failures.ts'

/** The steps of an import up to its preview, each in one transaction, and its failure. */

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

/** A new import; or one whose upload failed, sent again by the same operator. */
export async function openImport(
  database: Database,
  { importId, format, bytesExpected, operatorId, fileName }: ImportUpload,
): Promise<void> {
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
  await database.transaction().execute(async (tx) => {
    const known = await lockImport(tx, importId)
    if (known === undefined) {
      const opened = tx.insertInto('device_import').values({ import_id: importId, ...fresh })
      await opened.execute().catch(rethrowTaken)
      return
    }
    if (known.uploaded_by !== operatorId)
      throw new SanadError('import.state-refused', 'Another operator sent this import.')
    const state = importLife.next(known.state, 'receive')
    await forgetRows(tx, importId)
    await tx
      .updateTable('device_import')
      .set({ ...fresh, state, rows_read: 0, uploaded_at: sql<Date>`clock_timestamp()` })
      .where('import_id', '=', importId)
      .execute()
  })
}

/** @throws SanadError `import.state-refused` when another worker took it for dead meanwhile */
export async function noteReceived(
  database: Database,
  importId: string,
  { rowsRead, fileSha256 }: Received,
): Promise<void> {
  await database.transaction().execute(async (tx) => {
    const { state } = await holdImport(tx, importId)
    await tx
      .updateTable('device_import')
      .set({
        state: importLife.next(state, 'check'),
        rows_read: rowsRead,
        file_sha256: fileSha256,
      })
      .where('import_id', '=', importId)
      .execute()
  })
}

export async function checkImport(database: Database, importId: string): Promise<void> {
  await database.transaction().execute(async (tx) => {
    const job = await lockImport(tx, importId)
    if (job?.state !== 'checking') return
    const state = importLife.next(job.state, 'preview')
    await judgeAgain(tx, job)
    await compareRows(tx, importId)
    const { errors, warnings } = await countFindings(tx, importId)
    await tx
      .updateTable('device_import')
      .set({
        state,
        rows_with_errors: errors,
        rows_valid: job.rows_read - errors,
        rows_with_warnings: warnings,
      })
      .where('import_id', '=', importId)
      .execute()
  })
}

/** A failed file leaves no rows behind, only the reason. What has ended otherwise stays as it is. */
export async function failImport(
  database: Database,
  importId: string,
  problem: SanadError,
): Promise<void> {
  const detail = problem.detail?.slice(0, LONGEST_DETAIL)
  await database.transaction().execute(async (tx) => {
    const { state } = await holdImport(tx, importId)
    if (!importLife.allows(state, 'fail')) return
    await forgetRows(tx, importId)
    await tx
      .updateTable('device_import')
      .set({
        state: importLife.next(state, 'fail'),
        failure_code: problem.code,
        failure_detail: detail ?? null,
        failure_row: rowOf(detail),
        finished_at: sql<Date>`clock_timestamp()`,
      })
      .where('import_id', '=', importId)
      .execute()
  })
}
