import { sql } from 'kysely'
import type { Database } from '../../platform/database.ts'
import '../device-tables.ts'
import { type CheckedRow, type RowError, type StagedRow, isStaged } from './import-row.ts'

/** Puts checked rows, or what is wrong with them, into the database: one statement for a whole batch. */
export async function stageRows(
  database: Database,
  importId: string,
  rows: readonly CheckedRow[],
): Promise<void> {
  const staged = rows.filter(isStaged)
  const errors = rows.flatMap((row) => (isStaged(row) ? [] : row))
  if (staged.length > 0) await insertRows(database, importId, staged)
  if (errors.length > 0) await insertErrors(database, importId, errors)
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

async function insertErrors(
  database: Database,
  importId: string,
  errors: readonly RowError[],
): Promise<void> {
  await sql`
    insert into device_import_error (import_id, row_no, code, column_name, serial_no)
    select ${importId}::uuid, * from unnest(
      ${errors.map((error) => error.rowNo)}::int[],
      ${errors.map((error) => error.code)}::text[],
      ${errors.map((error) => error.column)}::text[],
      ${errors.map((error) => error.serialNo)}::text[]
    )
    on conflict do nothing`.execute(database)
}

/**
 * Compares the staged rows with each other and with the repository, which both may be large: in the database,
 * as a few joins.
 */
export async function compareRows(database: Database, importId: string): Promise<void> {
  await sql`
    with staged as (select * from device_import_row where import_id = ${importId})
    insert into device_import_error (import_id, row_no, code, column_name, serial_no)
      select import_id, row_no, 'row.duplicate-in-file', 'serialNo', serial_no from (
        select *, row_number() over (partition by model_id, serial_no order by row_no) as nth
        from staged
      ) numbered where nth > 1
    union all
      select import_id, row_no, 'row.duplicate-ftm-certificate', 'ftmCertificateSha256', serial_no from (
        select *, row_number() over (partition by ftm_certificate_sha256 order by row_no) as nth
        from staged where ftm_certificate_sha256 is not null
      ) numbered where nth > 1
    union all
      select s.import_id, s.row_no, 'row.device-exists', 'serialNo', s.serial_no
      from staged s join device d using (model_id, serial_no)
    union all
      select s.import_id, s.row_no, 'row.ftm-certificate-taken', 'ftmCertificateSha256', s.serial_no
      from staged s join device d using (ftm_certificate_sha256)
      where (s.model_id, s.serial_no) <> (d.model_id, d.serial_no)
    union all
      select s.import_id, s.row_no, 'row.model-retired', 'model', s.serial_no
      from staged s join device_model m using (model_id) where m.state = 'retired'
    on conflict do nothing`.execute(database)
}

export async function countErrors(database: Database, importId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct row_no) from device_import_error where import_id = ${importId}`.execute(
    database,
  )
  return rows[0]?.count ?? 0
}

export async function forgetRows(database: Database, importId: string): Promise<void> {
  await database.deleteFrom('device_import_row').where('import_id', '=', importId).execute()
  await database.deleteFrom('device_import_error').where('import_id', '=', importId).execute()
}
