import { operatorActor } from '@sanad/protocol/domain/events'
import type { Actor, EventOf, NewEvent } from '@sanad/protocol/domain/events'
import { importLife } from '@sanad/protocol/domain/import-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Selectable, sql } from 'kysely'
import { insertDevices } from '../devices/insert-devices.ts'
import { recordEvents } from '../record/record-events.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { DeviceImportTable } from './import-tables.ts'
import { hexOrNull } from '../platform/instant.ts'
import type { ImportProgress } from './import-progress.ts'
import { compareRows } from './compare-rows.ts'
import { judgeAgain } from './judge-again.ts'
import { type CountedFindings, countFindings } from './stage-rows.ts'

/**
 * Makes the confirmed rows devices: one transaction of all devices and all their events, or of nothing.
 *
 * Devices come first and events last, because the record is locked from the first event to the commit.
 */

const CHUNK = 5_000

type Import = Selectable<DeviceImportTable>

/** Nothing happens when the import is not waiting to be applied (any more). */
export async function applyImport(
  database: Database,
  importId: string,
  progress: ImportProgress,
): Promise<void> {
  await database.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = '10min'`.execute(tx)
    const job = await lockImport(tx, importId)
    if (job?.state !== 'applying') return
    // The repository and the forms of its models may have changed since the preview.
    const isJudgedAgain = await judgeAgain(tx, job)
    await compareRows(tx, importId)
    const found = await countFindings(tx, importId)
    const surprise = findSurprise(job, found, isJudgedAgain)
    if (surprise !== undefined) return backToPreview(tx, job, found, surprise)
    await applyRows(tx, job, found, progress)
  })
}

export function lockImport(tx: DatabaseTransaction, importId: string): Promise<Import | undefined> {
  return tx
    .selectFrom('device_import')
    .selectAll()
    .where('import_id', '=', importId)
    .forUpdate()
    .executeTakeFirst()
}

/** @throws SanadError `import.not-found` */
export async function holdImport(tx: DatabaseTransaction, importId: string): Promise<Import> {
  const job = await lockImport(tx, importId)
  if (job === undefined) throw new SanadError('import.not-found')
  return job
}

type Surprise = 'import.has-errors' | 'import.has-warnings'

/** What the operator did not see when confirming it. */
function findSurprise(
  job: Import,
  { errors, warnings }: CountedFindings,
  isJudgedAgain: boolean,
): Surprise | undefined {
  const isNewError = isJudgedAgain && errors > (job.rows_with_errors ?? 0)
  if (isNewError || (job.choice === 'all' && errors > 0)) return 'import.has-errors'
  const isNew = warnings > (job.rows_with_warnings ?? 0)
  return isNew && job.warnings !== 'leave-out' ? 'import.has-warnings' : undefined
}

async function backToPreview(
  tx: DatabaseTransaction,
  job: Import,
  { errors, warnings }: CountedFindings,
  surprise: Surprise,
): Promise<void> {
  await tx
    .updateTable('device_import')
    .set({
      state: importLife.next(job.state, 'preview'),
      choice: null,
      warnings: null,
      confirmed_by: null,
      rows_with_errors: errors,
      rows_valid: job.rows_read - errors,
      rows_with_warnings: warnings,
      failure_code: surprise,
    })
    .where('import_id', '=', job.import_id)
    .execute()
}

async function applyRows(
  tx: DatabaseTransaction,
  job: Import,
  { errors, warnings }: CountedFindings,
  progress: ImportProgress,
): Promise<void> {
  const actor = operatorActor(job.confirmed_by ?? job.uploaded_by)
  // Each row is written twice, as a device and as an event: half the way each.
  let written = 0
  const advance = (rows: number) => progress.report({ rows: Math.floor((written += rows) / 2) })
  const applied = await insertRows(tx, job, advance)
  await recordApprovals(tx, job, actor, advance)
  const grouped = await eventsOfGroups(tx, job, actor)
  await recordEvents(tx, [...grouped, confirmationOf(job, { applied, warnings }, actor)])
  await tx
    .updateTable('device_import')
    .set({
      state: importLife.next(job.state, 'apply'),
      rows_valid: job.rows_read - errors,
      rows_with_warnings: warnings,
      rows_with_errors: errors,
      rows_applied: applied,
      failure_code: null,
      finished_at: sql<Date>`clock_timestamp()`,
    })
    .where('import_id', '=', job.import_id)
    .execute()
  await tx.deleteFrom('device_import_row').where('import_id', '=', job.import_id).execute()
}

type Advance = (rows: number) => Promise<void>

/** Whether the row becomes a device. */
const isTaken = ({ warnings }: Import) => sql`not exists (
  select from device_import_error e where e.import_id = r.import_id and e.row_no = r.row_no
    and (not e.is_warning or ${warnings === 'leave-out'}))`

async function insertRows(tx: DatabaseTransaction, job: Import, advance: Advance): Promise<number> {
  let applied = 0
  for (let after = 0; ;) {
    const { rows } = await sql<{ last: number | null; staged: number; inserted: number }>`
      with chunk as (
        select * from device_import_row r where import_id = ${job.import_id} and row_no > ${after}
        order by row_no limit ${CHUNK}::int
      ), inserted as (
        ${insertDevices(sql`chunk r where ${isTaken(job)}`)}
      )
      select (select max(row_no) from chunk) as last, (select count(*) from chunk) as staged,
        (select count(*) from inserted) as inserted`.execute(tx)
    const [chunk] = rows
    if (chunk === undefined || chunk.last === null) return applied
    after = chunk.last
    applied += chunk.inserted
    await advance(chunk.staged)
  }
}

interface ApprovedRow {
  readonly row_no: number
  readonly device_id: string
  readonly serial_no: string
  readonly make: string
  readonly model: string
  readonly ftm_certificate_sha256: Uint8Array | null
  readonly has_enrolment_secret: boolean
  readonly confirmed_warnings: readonly string[] | null
}

async function recordApprovals(
  tx: DatabaseTransaction,
  job: Import,
  actor: Actor,
  advance: Advance,
): Promise<void> {
  for (let after = 0; ;) {
    const { rows } = await sql<ApprovedRow>`
      select r.row_no, r.device_id, r.serial_no, m.make, m.model, r.ftm_certificate_sha256,
        r.enrolment_secret_sha256 is not null as has_enrolment_secret,
        (select array_agg(e.code order by e.code) from device_import_error e
          where e.import_id = r.import_id and e.row_no = r.row_no) as confirmed_warnings
      from device_import_row r join device_model m using (model_id)
      where r.import_id = ${job.import_id} and r.row_no > ${after} and ${isTaken(job)}
      order by r.row_no limit ${CHUNK}::int`.execute(tx)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.row_no
    await recordEvents(
      tx,
      rows.map((row) => approvalOf(row, job, actor)),
    )
    await advance(rows.length)
  }
}

function approvalOf(row: ApprovedRow, job: Import, actor: Actor): EventOf<'device.approved'> {
  const ftmCertificateSha256 = hexOrNull(row.ftm_certificate_sha256)
  return {
    type: 'device.approved',
    actor,
    deviceId: row.device_id,
    data: {
      make: row.make,
      model: row.model,
      serialNo: row.serial_no,
      source: job.format,
      importId: job.import_id,
      ...(ftmCertificateSha256 !== null && { ftmCertificateSha256 }),
      hasEnrolmentSecret: row.has_enrolment_secret,
      ...(row.confirmed_warnings !== null && { confirmedWarnings: [...row.confirmed_warnings] }),
    },
  }
}

async function eventsOfGroups(
  tx: DatabaseTransaction,
  job: Import,
  actor: Actor,
): Promise<NewEvent[]> {
  const { rows } = await sql<{ groupId: string; devices: number }>`
    select group_id as "groupId", count(*) as devices from device_import_row r
    where import_id = ${job.import_id} and group_id is not null and ${isTaken(job)}
    group by group_id order by group_id`.execute(tx)
  return rows.map((data) => ({ type: 'group.devices-assigned', actor, data }))
}

interface Outcome {
  readonly applied: number
  readonly warnings: number
}

function confirmationOf(job: Import, { applied, warnings }: Outcome, actor: Actor): NewEvent {
  const signer = hexOrNull(job.signer_certificate_sha256)
  const fileSha256 = hexOrNull(job.file_sha256)
  if (fileSha256 === null || job.choice === null) {
    throw new SanadError('server.internal', 'an import was confirmed before it was read')
  }
  return {
    type: 'import.confirmed',
    actor,
    data: {
      importId: job.import_id,
      format: job.format,
      fileSha256,
      choice: job.choice,
      approved: applied,
      leftOut: job.rows_read - applied,
      ...(job.warnings === 'confirm' && { warningsConfirmed: warnings }),
      ...(signer !== null && { signerCertificateSha256: signer }),
    },
  }
}
