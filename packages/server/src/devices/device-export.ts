import { Readable } from 'node:stream'
import { IMPORT_COLUMNS } from '@sanad/protocol/api/imports'
import type { Actor } from '@sanad/protocol/events'
import { sql } from 'kysely'
import { recordEvents } from '../audit/record-events.ts'
import type { Database } from '../platform/database.ts'
import { BYTE_ORDER_MARK, writeRow } from './csv-cell.ts'
import { hexOrNull, instant, instantOrNull } from './instant.ts'

/**
 * The whole repository as CSV, in the columns of the import and a few that the import passes over.
 *
 * Pages by id keep memory small, and a slow reader holds no transaction open.
 */

/** Columns that say what became of a device; an import reads past them. */
export const EXPORT_ONLY_COLUMNS = ['state', 'approvedAt', 'registeredAt'] as const

const PAGE = 2_000

interface Row {
  readonly device_id: string
  readonly serial_no: string
  readonly make: string
  readonly model: string
  readonly device_type: string
  readonly device_sub_type: string
  readonly level: string
  readonly ftm_certificate_sha256: Uint8Array | null
  readonly enrolment_secret_sha256: Uint8Array | null
  readonly group_name: string | null
  readonly state: string
  readonly approved_at: Date
  readonly registered_at: Date | null
}

/** That somebody took the list away is put on record first. */
export async function exportDevices(database: Database, actor: Actor): Promise<Readable> {
  await database
    .transaction()
    .execute((tx) => recordEvents(tx, [{ type: 'device.list-exported', actor, data: {} }]))
  return Readable.from(writeDevices(database))
}

async function* writeDevices(database: Database): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + writeRow([...IMPORT_COLUMNS, ...EXPORT_ONLY_COLUMNS])
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const rows = await readPage(database, after)
    if (rows.length > 0) yield rows.map(writeDevice).join('')
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.device_id
  }
}

async function readPage(database: Database, after: string): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select d.device_id, d.serial_no, m.make, m.model, m.device_type, m.device_sub_type, m.level,
      d.ftm_certificate_sha256, d.enrolment_secret_sha256, g.name as group_name, d.state, d.approved_at, d.registered_at
    from device d join device_model m using (model_id) left join device_group g using (group_id)
    where d.device_id > ${after}::uuid
    order by d.device_id
    limit ${PAGE}::int`.execute(database)
  return rows
}

const writeDevice = (row: Row): string =>
  writeRow([
    row.serial_no,
    row.make,
    row.model,
    row.device_type,
    row.device_sub_type,
    row.level,
    hexOrNull(row.ftm_certificate_sha256) ?? '',
    hexOrNull(row.enrolment_secret_sha256) ?? '',
    row.group_name ?? '',
    row.state,
    instant(row.approved_at),
    instantOrNull(row.registered_at) ?? '',
  ])
