import type { DeviceList, DeviceListItem, DeviceQuery } from '@sanad/protocol/operator-api/devices'
import { type RawBuilder, sql } from 'kysely'
import {
  EXPECTED_COLUMNS,
  type ExpectedRow,
  JOIN_EXPECTED,
  expectedOf,
} from './expected-check-ins.ts'
import { takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import {
  type ResolvedFilter,
  conditionBeyondIndex,
  conditionOf,
  isAnsweredByIndex,
  resolveFilter,
} from './device-filter.ts'
import { ORDERS, type Order, type Place, decodeCursor, encodeCursor } from './device-order.ts'
import { instant, instantOrNull } from '../platform/instant.ts'

/** The device list: a page at a time, straight from an index, however many devices there are. */

const DEFAULT_LIMIT = 50
/** Beyond it nobody counts rows by eye, and counting a million of them would take longer than reading fifty. */
const COUNTED_UP_TO = 10_000

interface Row {
  readonly sort_value: string
  readonly device_id: string
  readonly serial_no: string
  readonly model_id: string
  readonly make: string
  readonly model: string
  readonly device_type: DeviceListItem['deviceType']
  readonly device_sub_type: string
  readonly level: DeviceListItem['level']
  readonly group_id: string | null
  readonly group_name: string | null
  readonly state: DeviceListItem['state']
  readonly approved_at: Date
  readonly registered_at: Date | null
  readonly last_check_in_at: Date | null
  readonly device_status: string | null
  readonly service_version: string | null
  readonly firmware: string | null
  readonly certificate_not_after: Date | null
  readonly told_seconds: number | null
  readonly check_in_seconds: number | null
  readonly longest_offline_days: number | null
  readonly connected: boolean
}

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listDevices(
  database: Database,
  query: DeviceQuery,
  now: number,
): Promise<DeviceList> {
  const order = ORDERS[query.sort ?? '-approvedAt']
  const limit = query.limit ?? DEFAULT_LIMIT
  const place = query.after === undefined ? undefined : decodeCursor(query.after, order)
  const filter = await resolveFilter(database, query, now)
  const total = await countUpTo(database, filter)
  // Few that match are found by the words and then sorted; of many, the first come soon when read in order.
  const isReadInOrder = !order.needsPresence && (isAnsweredByIndex(filter) || !total.isExact)
  const pageOf = isReadInOrder ? pageReadInOrder : pageSorted
  const rows = await readRows(database, pageOf(filter, order, place, limit + 1), order)
  const { items, next } = takePage(rows, limit, (last) =>
    encodeCursor({ value: last.sort_value, deviceId: last.device_id }),
  )
  return { items: items.map(toListItem), next, total }
}

async function readRows(
  database: Database,
  page: RawBuilder<unknown>,
  order: Order,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select (${order.value})::text as sort_value, d.device_id, d.serial_no, d.state, d.approved_at, d.registered_at,
      m.model_id, m.make, m.model, m.device_type, m.device_sub_type, m.level,
      d.group_id, g.name as group_name, p.last_check_in_at, p.device_status, p.service_version, p.firmware,
      (select max(c.not_after) from device_certificate c
        where c.device_id = d.device_id and c.status = 'active') as certificate_not_after,
      exists (select from channel_device k where k.device_id = d.device_id) as connected,
      ${EXPECTED_COLUMNS}
    from (${page}) page
    join device d using (device_id)
    join device_model m using (model_id)
    left join device_group g using (group_id)
    left join device_presence p using (device_id)
    ${JOIN_EXPECTED}
    order by ${order.value} ${direction(order)}, d.device_id ${direction(order)}`.execute(database)
  return rows
}

export const direction = ({ isDescending }: Order): RawBuilder<unknown> =>
  isDescending ? sql`desc` : sql`asc`

type PageOf = (
  filter: ResolvedFilter,
  order: Order,
  place: Place | undefined,
  limit: number,
) => RawBuilder<unknown>

/** The ids of one page: of all that match, the first. */
const pageSorted: PageOf = (filter, order, place, limit) => {
  const presence = order.needsPresence ? sql`left join device_presence p using (device_id)` : sql``
  return sql`
    select d.device_id from device d ${presence}
    where ${conditionOf(filter)} and ${placeCondition(order, place)}
    order by ${order.value} ${direction(order)}, d.device_id ${direction(order)}
    limit ${limit}::int`
}

/**
 * One short index scan for each chosen state, and model or group if such are chosen; their heads are then merged.
 * A rare state among a million devices is thereby as quick as a common one.
 */
export const pageReadInOrder: PageOf = (filter, order, place, limit) => {
  const { states, modelIds, groupIds } = filter
  const models =
    modelIds === undefined ? sql`` : sql`cross join unnest(${modelIds}::uuid[]) as chosen_model`
  const ofModel = modelIds === undefined ? sql`` : sql`and d.model_id = chosen_model`
  const groups =
    groupIds === undefined ? sql`` : sql`cross join unnest(${groupIds}::uuid[]) as chosen_group`
  const ofGroup = groupIds === undefined ? sql`` : sql`and d.group_id = chosen_group`
  return sql`
    select head.device_id from unnest(${states}::text[]) as chosen_state ${models} ${groups}
    cross join lateral (
      select d.device_id, ${order.value} as sort_value from device d
      where d.state = chosen_state ${ofModel} ${ofGroup}
        and ${conditionBeyondIndex(filter)} and ${placeCondition(order, place)}
      order by ${order.value} ${direction(order)}, d.device_id ${direction(order)}
      limit ${limit}::int
    ) head
    order by head.sort_value ${direction(order)}, head.device_id ${direction(order)}
    limit ${limit}::int`
}

function placeCondition(order: Order, place: Place | undefined): RawBuilder<unknown> {
  if (place === undefined) return sql`true`
  const beyond = order.isDescending ? sql`<` : sql`>`
  return sql`(${order.value}, d.device_id) ${beyond} (${place.value}::${order.type}, ${place.deviceId}::uuid)`
}

async function countUpTo(database: Database, filter: ResolvedFilter): Promise<DeviceList['total']> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from (
      select from device d where ${conditionOf(filter)} limit ${COUNTED_UP_TO + 1}::int
    ) counted`.execute(database)
  const count = rows[0]?.count ?? 0
  return { count: Math.min(count, COUNTED_UP_TO), isExact: count <= COUNTED_UP_TO }
}

function toListItem(row: Row): DeviceListItem {
  return {
    deviceId: row.device_id,
    serialNo: row.serial_no,
    make: row.make,
    model: row.model,
    modelId: row.model_id,
    deviceType: row.device_type,
    deviceSubType: row.device_sub_type,
    level: row.level,
    group: groupOf(row),
    state: row.state,
    approvedAt: instant(row.approved_at),
    registeredAt: instantOrNull(row.registered_at),
    presence: presenceOf(row),
    certificateNotAfter: instantOrNull(row.certificate_not_after),
    connected: row.connected,
  }
}

interface GroupRow {
  readonly group_id: string | null
  readonly group_name: string | null
}

export function groupOf({ group_id: groupId, group_name: name }: GroupRow) {
  return groupId === null || name === null ? null : { groupId, name }
}

interface PresenceRow extends ExpectedRow {
  readonly last_check_in_at: Date | null
  readonly device_status: string | null
  readonly service_version: string | null
  readonly firmware: string | null
}

export function presenceOf(row: PresenceRow): DeviceListItem['presence'] {
  if (row.last_check_in_at === null) return null
  return {
    lastCheckInAt: instant(row.last_check_in_at),
    ...expectedOf(row, row.last_check_in_at),
    deviceStatus: row.device_status,
    serviceVersion: row.service_version,
    firmware: row.firmware,
  }
}
