import type { FormProposal } from '@sanad/protocol/operator-api/models'
import { judgeForm, proposeForm } from '@sanad/protocol/domain/propose-form'
import { readModel } from '../models/model-registry.ts'
import type { Database } from '../platform/database.ts'
import './device-tables.ts'

/** They show the form as well as all would, and are read in a moment. */
const MOST_LOOKED_AT = 10_000

/**
 * A form for the serial numbers of a model, from the latest that were approved; or how a given one fits them.
 *
 * @throws SanadError `model.not-found`, `model.serial-no-form-refused`
 */
export async function proposeSerialNoForm(
  database: Database,
  modelId: string,
  form: string | undefined,
): Promise<FormProposal> {
  await readModel(database, modelId)
  const rows = await database
    .selectFrom('device')
    .select('serial_no')
    .where('model_id', '=', modelId)
    .orderBy('approved_at', 'desc')
    .limit(MOST_LOOKED_AT)
    .execute()
  const serialNos = rows.map((row) => row.serial_no)
  const judged = form === undefined ? proposeForm(serialNos) : judgeForm(form, serialNos)
  return { ...judged, form: judged.form ?? null, others: [...judged.others] }
}
