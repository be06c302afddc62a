import { isRowWarning } from '@sanad/protocol/operator-api/row-findings'
import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import './import-tables.ts'
import type { CheckedRow, RowFinding, StagedRow } from './import-row.ts'

/** Puts checked rows, and what was found of them, into the database: one statement for a whole batch. */
export async function stageRows(
  database: Database,
  importId: string,
  rows: readonly CheckedRow[],
): Promise<void> {
  const staged = rows.flatMap((row) => row.staged ?? [])
  const findings = rows.flatMap((row) => row.findings)
  if (staged.length > 0) await insertRows(database, importId, staged)
  if (findings.length > 0) await insertFindings(database, importId, findings)
}

async function insertRows(
  database: Database,
  importId: string,
  rows: readonly StagedRow[],
): Promise<void> {
  await sql`
    insert into device_import_row
      (import_id, row_no, model_id, serial_no, ftm_certificate_sha256, enrolment_secret_sha256, group_id)
    select ${importId}::uuid, * from unnest(
      ${rows.map((row) => row.rowNo)}::int[],
      ${rows.map((row) => row.modelId)}::uuid[],
      ${rows.map((row) => row.serialNo)}::text[],
      ${rows.map((row) => row.ftmCertificateSha256)}::bytea[],
      ${rows.map((row) => row.enrolmentSecretSha256)}::bytea[],
      ${rows.map((row) => row.groupId)}::uuid[]
    )`.execute(database)
}

async function insertFindings(
  database: Database,
  importId: string,
  findings: readonly RowFinding[],
): Promise<void> {
  await sql`
    insert into device_import_error
      (import_id, row_no, code, column_name, serial_no, is_warning, detail)
    select ${importId}::uuid, * from unnest(
      ${findings.map((finding) => finding.rowNo)}::int[],
      ${findings.map((finding) => finding.code)}::text[],
      ${findings.map((finding) => finding.column)}::text[],
      ${findings.map((finding) => finding.serialNo)}::text[],
      ${findings.map((finding) => isRowWarning(finding.code))}::boolean[],
      ${findings.map((finding) => finding.detail)}::text[]
    )
    on conflict do nothing`.execute(database)
}

export interface CountedFindings {
  readonly errors: number
  /** Of the rows without errors. */
  readonly warnings: number
}

export async function countFindings(
  database: Database,
  importId: string,
): Promise<CountedFindings> {
  const { rows } = await sql<CountedFindings>`
    select count(*) filter (where has_error) as errors,
      count(*) filter (where not has_error) as warnings
    from (
      select row_no, bool_or(not is_warning) as has_error from device_import_error
      where import_id = ${importId} group by row_no
    ) found`.execute(database)
  return rows[0] ?? { errors: 0, warnings: 0 }
}

export async function forgetRows(database: Database, importId: string): Promise<void> {
  await database.deleteFrom('device_import_row').where('import_id', '=', importId).execute()
  await database.deleteFrom('device_import_error').where('import_id', '=', importId).execute()
}
