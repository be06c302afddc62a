import type { NewDevice } from '@sanad/protocol/operator-api/devices'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import { show } from '@sanad/protocol/domain/named-character'
import { parseSerialForm } from '@sanad/protocol/domain/serial-form'
import {
  type SerialNoDoubt,
  type SerialNoFinding,
  examineSerialNo,
} from '@sanad/protocol/domain/serial-number'
import { explainTwin } from '@sanad/protocol/domain/twins'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'

/**
 * The serial number of one device that an operator approves, by the rule of the imports.
 *
 * @returns the doubts that the operator has confirmed, for the record
 * @throws SanadError `device.serial-no-refused`, `device.serial-no-doubtful`; the detail is for people
 */
export async function judgeSerialNo(
  tx: DatabaseTransaction,
  model: ModelView,
  { serialNo, confirmWarnings }: NewDevice,
): Promise<readonly SerialNoDoubt[]> {
  const form = model.serialNoForm === null ? undefined : parseSerialForm(model.serialNoForm)
  const { fault, doubts } = examineSerialNo(serialNo, form)
  if (fault !== undefined) throw new SanadError('device.serial-no-refused', fault.reason)
  const all = [...doubts, ...(await findTwin(tx, model.modelId, serialNo))]
  if (all.length > 0 && confirmWarnings !== true) {
    const detail = all.map(({ reason }) => reason).join(' ')
    throw new SanadError('device.serial-no-doubtful', detail)
  }
  return all.map(({ code }) => code)
}

async function findTwin(
  tx: DatabaseTransaction,
  modelId: string,
  serialNo: string,
): Promise<SerialNoFinding<SerialNoDoubt>[]> {
  const { rows } = await sql<{ serial_no: string }>`
    select serial_no from device
    where model_id = ${modelId} and serial_no <> ${serialNo}
      and serial_no_likeness(serial_no) = serial_no_likeness(${serialNo})
    order by serial_no limit 1`.execute(tx)
  return rows.map((row) => ({
    code: 'row.serial-no-twin',
    reason: explainTwinOf(serialNo, row.serial_no, 'an approved device'),
  }))
}

/** `‘exs442c110001’ differs from ‘EXS442C110001’ of row 2 in capital and small letters only.` */
export const explainTwinOf = (serialNo: string, other: string, whose: string): string =>
  `${show(serialNo)} differs from ${show(other)} of ${whose} in ${explainTwin(serialNo, other)} only.`
