import { parseSerialForm } from '@sanad/protocol/domain/serial-form'
import {
  SERIAL_NO_DOUBTS,
  SERIAL_NO_FAULTS,
  examineSerialNo,
} from '@sanad/protocol/domain/serial-number'
import { type Selectable, sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { DeviceImportTable } from './import-tables.ts'
import type { RowFinding } from './import-row.ts'
import { stageRows } from './stage-rows.ts'

/**
 * Staged rows whose model has got another form of serial numbers since they were read.
 *
 * The form at the approval counts: it may have been set because of what a preview showed.
 */

type Import = Pick<Selectable<DeviceImportTable>, 'import_id' | 'serial_no_forms'>

/** Of all models that have one, by the model’s ID. */
export type Forms = Readonly<Record<string, string>>

const CHUNK = 5_000

export async function noteForms(database: Database, importId: string, forms: Forms): Promise<void> {
  await database
    .updateTable('device_import')
    .set({ serial_no_forms: JSON.stringify(forms) })
    .where('import_id', '=', importId)
    .execute()
}

/**
 * The forms stay as they are until the transaction ends.
 *
 * @returns whether any row was judged again
 */
export async function judgeAgain(tx: DatabaseTransaction, job: Import): Promise<boolean> {
  const models = await lockModels(tx, job.import_id)
  const changed = models.filter((model) => model.form !== formThen(job, model.modelId))
  for (const model of changed) await judgeRows(tx, job.import_id, model)
  if (changed.length > 0) await noteForms(tx, job.import_id, formsOf(models))
  return changed.length > 0
}

/** Undefined where it is not known. */
const formThen = ({ serial_no_forms: forms }: Import, modelId: string): string | null | undefined =>
  forms === null ? undefined : (forms[modelId] ?? null)

const formsOf = (models: readonly ModelForm[]): Forms =>
  Object.fromEntries(
    models.flatMap(({ modelId, form }) => (form === null ? [] : [[modelId, form]])),
  )

interface ModelForm {
  readonly modelId: string
  readonly form: string | null
}

async function lockModels(
  tx: DatabaseTransaction,
  importId: string,
): Promise<readonly ModelForm[]> {
  const { rows } = await sql<ModelForm>`
    select model_id as "modelId", serial_no_form as form from device_model
    where model_id in (select model_id from device_import_row where import_id = ${importId})
    order by model_id for share`.execute(tx)
  return rows
}

/** What the rule says of one number alone; twins and rows that are compared with others are found again anyway. */
const CODES = [...Object.keys(SERIAL_NO_FAULTS), ...Object.keys(SERIAL_NO_DOUBTS)].filter(
  (code) => code !== 'row.serial-no-twin',
)

interface NumberOfRow {
  readonly rowNo: number
  readonly serialNo: string
}

async function judgeRows(
  tx: DatabaseTransaction,
  importId: string,
  { modelId, form }: ModelForm,
): Promise<void> {
  await sql`
    delete from device_import_error e using device_import_row r
    where e.import_id = ${importId} and e.code = any(${CODES}::text[])
      and r.import_id = e.import_id and r.row_no = e.row_no and r.model_id = ${modelId}`.execute(tx)
  const parsed = form === null ? undefined : parseSerialForm(form)
  for (let after = 0; ;) {
    const { rows } = await sql<NumberOfRow>`
      select row_no as "rowNo", serial_no as "serialNo" from device_import_row
      where import_id = ${importId} and model_id = ${modelId} and row_no > ${after}
      order by row_no limit ${CHUNK}::int`.execute(tx)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.rowNo
    const findings = rows.flatMap((row) => findingsOf(row, examineSerialNo(row.serialNo, parsed)))
    await stageRows(tx, importId, [{ staged: undefined, findings }])
  }
}

function findingsOf(
  { rowNo, serialNo }: NumberOfRow,
  { fault, doubts }: ReturnType<typeof examineSerialNo>,
): RowFinding[] {
  return (fault === undefined ? doubts : [fault]).map(({ code, reason }) => ({
    rowNo,
    code,
    column: 'serialNo',
    serialNo,
    detail: reason,
  }))
}
