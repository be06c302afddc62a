import type {
  CommandListItem,
  CommandPage,
  CommandQuery,
  CommandView,
  MaintenanceWindow,
} from '@sanad/protocol/operator-api/commands'
import { COMMAND_TYPES, type CommandType } from '@sanad/protocol/domain/command-types'
import {
  COMMAND_STATES,
  type CommandState,
  commandLife,
} from '@sanad/protocol/domain/command-lifecycle'
import type { CommandFailure } from '@sanad/protocol/domain/command-report'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import '../devices/device-tables.ts'
import { instant, instantOrNull } from '../platform/instant.ts'
import '../operators/operator-tables.ts'
import { decodeCursor, encodeCursor, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import './command-tables.ts'
import { retriesOf } from './retries.ts'

/** Commands as operators see them: newest first, a page at a time, straight from an index. */

interface Row {
  readonly place: number
  readonly commandId: string
  readonly deviceId: string
  readonly serialNo: string
  readonly make: string
  readonly model: string
  readonly type: CommandType
  readonly state: CommandState
  readonly campaignId: string | null
  readonly orderedAt: Date
  readonly orderedBy: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly sentAt: Date | null
  readonly acknowledgedAt: Date | null
  readonly progress: number | null
  readonly finishedAt: Date | null
  readonly failure: CommandFailure | null
  readonly lateState: CommandListItem['lateState']
  readonly retryAfter: Date | null
}

const COLUMNS = sql`
  c.place, c.command_id as "commandId", c.device_id as "deviceId", d.serial_no as "serialNo", m.make, m.model,
  c.type, c.state, c.campaign_id as "campaignId", c.ordered_at as "orderedAt", o.name as "orderedBy",
  c.not_before as "notBefore", c.not_after as "notAfter", c.sent_at as "sentAt",
  c.acknowledged_at as "acknowledgedAt", c.progress, c.finished_at as "finishedAt", c.failure,
  c.late_state as "lateState", c.retry_after as "retryAfter"`
const SOURCES = sql`
  join device d using (device_id) join device_model m using (model_id)
  join operator o on o.operator_id = c.ordered_by`

const DEFAULT_LIMIT = 50

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listCommands(database: Database, query: CommandQuery): Promise<CommandPage> {
  const limit = query.limit ?? DEFAULT_LIMIT
  const { rows } = await sql<Row>`
    select ${COLUMNS} from (${pageOf(query, limit + 1)}) page join command c using (place) ${SOURCES}
    order by c.place desc`.execute(database)
  const { items, next } = takePage(rows, limit, (last) =>
    encodeCursor([String(last.place), last.commandId]),
  )
  return { items: items.map(describeItem), next }
}

function pageOf(query: CommandQuery, limit: number): RawBuilder<unknown> {
  const { deviceId, campaignId, state, type, after } = query
  const place = after === undefined ? sql`true` : sql`c.place < ${placeOf(after)}::bigint`
  const chosen: Chosen = {
    states: state ?? COMMAND_STATES,
    types: type ?? COMMAND_TYPES,
    place,
    limit,
  }
  if (deviceId !== undefined) return pageOfDevice(chosen, deviceId, campaignId)
  if (campaignId !== undefined) return pageOfCampaign(chosen, campaignId)
  if (state !== undefined || type !== undefined) return pageOfStates(chosen)
  return sql`select c.place from command c where ${place} order by c.place desc limit ${limit}::int`
}

interface Chosen {
  readonly states: readonly CommandState[]
  readonly types: readonly CommandType[]
  readonly place: RawBuilder<unknown>
  readonly limit: number
}

/** A device has few. */
function pageOfDevice(
  { states, types, place, limit }: Chosen,
  deviceId: string,
  campaignId: string | undefined,
): RawBuilder<unknown> {
  const ofCampaign = campaignId === undefined ? sql`true` : sql`c.campaign_id = ${campaignId}::uuid`
  return sql`
    select c.place from command c
    where ${place} and c.device_id = ${deviceId}::uuid and ${ofCampaign}
      and c.state = any(${states}::text[]) and c.type = any(${types}::text[])
    order by c.place desc limit ${limit}::int`
}

/** One short index scan for each chosen state; their heads are then merged. All of a campaign are of one type. */
function pageOfCampaign(
  { states, types, place, limit }: Chosen,
  campaignId: string,
): RawBuilder<unknown> {
  return sql`
    select head.place from (select type from command where campaign_id = ${campaignId}::uuid limit 1) one
    cross join unnest(${states}::text[]) as chosen_state
    cross join lateral (
      select c.place from command c
      where ${place} and c.campaign_id = ${campaignId}::uuid and c.state = chosen_state
      order by c.place desc limit ${limit}::int
    ) head
    where one.type = any(${types}::text[])
    order by head.place desc limit ${limit}::int`
}

/** One short index scan for each chosen state and type. */
function pageOfStates({ states, types, place, limit }: Chosen): RawBuilder<unknown> {
  return sql`
    select head.place from unnest(${states}::text[]) as chosen_state
    cross join unnest(${types}::text[]) as chosen_type
    cross join lateral (
      select c.place from command c
      where ${place} and c.state = chosen_state and c.type = chosen_type
      order by c.place desc limit ${limit}::int
    ) head
    order by head.place desc limit ${limit}::int`
}

function placeOf(cursor: string): string {
  const [place] = decodeCursor(cursor, 2)
  if (!/^\d{1,18}$/.test(place)) throw new SanadError('request.malformed', 'after')
  return place
}

interface ViewRow extends Row {
  readonly body: object
  readonly maintenanceWindow: MaintenanceWindow | null
  readonly attempts: number
  readonly retries: number
  readonly number: number | null
  readonly statement: string | null
  readonly reportedAt: Date | null
  readonly report: string | null
  readonly reportSha256: string | null
  readonly result: CommandView['result']
  readonly log: string | null
  readonly logReceivedAt: Date | null
}

/** @throws SanadError `command.not-found` */
export async function readCommandView(database: Database, commandId: string): Promise<CommandView> {
  const { rows } = await sql<ViewRow>`
    select ${COLUMNS}, c.body, c.maintenance_window as "maintenanceWindow", c.attempts, c.retries,
      c.sent_number as number, c.statement, c.reported_at as "reportedAt", c.report,
      c.report_sha256 as "reportSha256", c.result, l.text as log, l.received_at as "logReceivedAt"
    from command c ${SOURCES} left join command_log l using (command_id)
    where c.command_id = ${commandId}::uuid`.execute(database)
  const [row] = rows
  if (row === undefined) throw new SanadError('command.not-found')
  return describeView(row)
}

function describeView(row: ViewRow): CommandView {
  const { state, type, body, retries, lateState, log, logReceivedAt } = row
  return {
    ...describeItem(row),
    body,
    maintenanceWindow: row.maintenanceWindow,
    attempts: row.attempts,
    retries,
    mayRetry:
      commandLife.allows(state, 'retry') &&
      lateState !== 'succeeded' &&
      retries < retriesOf(type, body),
    number: row.number,
    statement: row.statement,
    reportedAt: instantOrNull(row.reportedAt),
    report: row.report,
    reportSha256: row.reportSha256,
    result: row.result,
    log:
      log === null || logReceivedAt === null
        ? null
        : { text: log, receivedAt: instant(logReceivedAt) },
  }
}

function describeItem(row: Row): CommandListItem {
  return {
    commandId: row.commandId,
    deviceId: row.deviceId,
    serialNo: row.serialNo,
    make: row.make,
    model: row.model,
    type: row.type,
    state: row.state,
    campaignId: row.campaignId,
    orderedAt: instant(row.orderedAt),
    orderedBy: row.orderedBy,
    notBefore: instant(row.notBefore),
    notAfter: instant(row.notAfter),
    sentAt: instantOrNull(row.sentAt),
    acknowledgedAt: instantOrNull(row.acknowledgedAt),
    progress: row.progress,
    finishedAt: instantOrNull(row.finishedAt),
    failure: row.failure,
    lateState: row.lateState,
    retryAfter: instantOrNull(row.retryAfter),
  }
}
