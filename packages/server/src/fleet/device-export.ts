import { Readable } from 'node:stream'
import type { DeviceExportQuery } from '@sanad/protocol/operator-api/devices'
import { EXPORT_ONLY_COLUMNS, IMPORT_COLUMNS } from '@sanad/protocol/domain/import-columns'
import type { Actor } from '@sanad/protocol/domain/events'
import { type RawBuilder, sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Database } from '../platform/database.ts'
import { BYTE_ORDER_MARK, writeRow } from '../platform/csv-cell.ts'
import { type ResolvedFilter, conditionOf, resolveFilter } from './device-filter.ts'
import { direction, pageReadInOrder } from './device-list.ts'
import { ORDERS, type Order, type Place } from './device-order.ts'
import { hexOrNull, instant, instantOrNull } from '../platform/instant.ts'

/**
 * The devices that a filter finds as CSV, in the columns of the import and a few that the import passes over.
 *
 * Pages keep memory small, and a slow reader holds no transaction open.
 */

const PAGE = 2_000

interface Row {
  readonly sort_value: string
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

/**
 * That somebody took the list away is put on record first.
 *
 * @throws SanadError `request.malformed` for a date that does not exist
 */
export async function exportDevices(
  database: Database,
  query: DeviceExportQuery,
  actor: Actor,
  now: number,
): Promise<Readable> {
  const filter = await resolveFilter(database, query, now)
  await database
    .transaction()
    .execute((tx) => recordEvents(tx, [{ type: 'device.list-exported', actor, data: {} }]))
  return Readable.from(writeDevices((place) => readPage(database, filter, query.sort, place)))
}

async function* writeDevices(
  readNext: (place: Place | undefined) => Promise<readonly Row[]>,
): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + writeRow([...IMPORT_COLUMNS, ...EXPORT_ONLY_COLUMNS])
  let place: Place | undefined
  for (;;) {
    const rows = await readNext(place)
    if (rows.length > 0) yield rows.map(writeDevice).join('')
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    place = { value: last.sort_value, deviceId: last.device_id }
  }
}

async function readPage(
  database: Database,
  filter: ResolvedFilter,
  sort: DeviceExportQuery['sort'],
  place: Place | undefined,
): Promise<readonly Row[]> {
  const order = sort === undefined ? BY_ID : ORDERS[sort]
  const page =
    sort === undefined ? pageById(filter, place) : pageReadInOrder(filter, order, place, PAGE)
  const { rows } = await sql<Row>`
    select (${order.value})::text as sort_value, d.device_id, d.serial_no, m.make, m.model, m.device_type, m.device_sub_type, m.level,
      d.ftm_certificate_sha256, d.enrolment_secret_sha256, g.name as group_name, d.state, d.approved_at, d.registered_at
    from (${page}) page
    join device d using (device_id)
    join device_model m using (model_id) left join device_group g using (group_id)
    order by ${order.value} ${direction(order)}, d.device_id ${direction(order)}`.execute(database)
  return rows
}

/** Nobody asked for an order: the one that costs the least. */
const BY_ID: Order = {
  value: sql`d.device_id`,
  type: sql`uuid`,
  isDescending: false,
  needsPresence: false,
}

const pageById = (filter: ResolvedFilter, place: Place | undefined): RawBuilder<unknown> => sql`
  select d.device_id from device d
  where ${conditionOf(filter)} and ${place === undefined ? sql`true` : sql`d.device_id > ${place.deviceId}::uuid`}
  order by d.device_id limit ${PAGE}::int`

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
