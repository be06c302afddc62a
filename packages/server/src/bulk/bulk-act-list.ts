import { Readable } from 'node:stream'
import type {
  BulkActFailure,
  BulkActFailurePage,
  BulkActFailureQuery,
  BulkActName,
  BulkActPage,
  BulkActQuery,
  BulkActState,
  BulkActTerms,
  BulkActView,
} from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { BYTE_ORDER_MARK, writeRow } from '../platform/csv-cell.ts'
import { instant, instantOrNull } from '../platform/instant.ts'
import { decodeCursor, encodeCursor, encodePlace, isBehind, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import './bulk-tables.ts'

/** Acts on many devices as operators follow them: newest first, with how far each is, and what it did not do. */

interface Row {
  readonly bulkActId: string
  readonly act: BulkActName
  readonly terms: Omit<BulkActTerms, 'act'>
  readonly groupName: string | null
  readonly note: string | null
  readonly filter: DeviceFilter | null
  readonly state: BulkActState
  readonly devices: number
  readonly done: number
  readonly changed: number
  readonly failed: number
  readonly createdAt: Date
  readonly createdBy: string
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly failureCode: string | null
}

const DEFAULT_LIMIT = 50

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listBulkActs(
  database: Database,
  { state, after, limit = DEFAULT_LIMIT }: BulkActQuery,
): Promise<BulkActPage> {
  const place =
    after === undefined ? sql`true` : isBehind(after, sql`(b.created_at, b.bulk_act_id)`)
  const inState = state === undefined ? sql`true` : sql`b.state = any(${state}::text[])`
  const rows = await readRows(database, sql`${place} and ${inState}`, limit + 1)
  const { items, next } = takePage(rows, limit, (last) =>
    encodePlace(last.createdAt, last.bulkActId),
  )
  return { items: items.map(describe), next }
}

/** @throws SanadError `bulk-act.not-found` */
export async function readBulkAct(database: Database, bulkActId: string): Promise<BulkActView> {
  const [row] = await readRows(database, sql`b.bulk_act_id = ${bulkActId}::uuid`, 1)
  if (row === undefined) throw new SanadError('bulk-act.not-found')
  return describe(row)
}

async function readRows(
  database: Database,
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select b.bulk_act_id as "bulkActId", b.act, b.terms, g.name as "groupName", b.note, b.filter, b.state,
      b.devices, b.done, b.changed, b.failed, b.created_at as "createdAt", p.name as "createdBy",
      b.started_at as "startedAt", b.finished_at as "finishedAt", b.failure_code as "failureCode"
    from bulk_act b join operator p on p.operator_id = b.created_by
    left join device_group g on g.group_id::text = b.terms ->> 'groupId'
    where ${condition}
    order by b.created_at desc, b.bulk_act_id desc limit ${limit}::int`.execute(database)
  return rows
}

function describe({ terms, groupName, ...row }: Row): BulkActView {
  const { groupId, reason, command } = terms
  const isGroup = groupId !== undefined && groupId !== 'none'
  return {
    ...row,
    reason: reason ?? null,
    // One that was deleted since has no name any more.
    group: isGroup ? { groupId, name: groupName ?? '' } : null,
    commandType: command?.type ?? null,
    createdAt: instant(row.createdAt),
    startedAt: instantOrNull(row.startedAt),
    finishedAt: instantOrNull(row.finishedAt),
  }
}

// ── What was not done ──────────────────────────────────────────────────────────────────────────────

interface FailureRow extends BulkActFailure {
  readonly place: number
}

/** @throws SanadError `bulk-act.not-found`, `request.malformed` for a cursor that is none */
export async function listFailures(
  database: Database,
  bulkActId: string,
  { after, limit = DEFAULT_LIMIT }: BulkActFailureQuery,
): Promise<BulkActFailurePage> {
  await readBulkAct(database, bulkActId)
  const place = after === undefined ? 0 : readPlace(after)
  const { rows } = await sql<FailureRow>`
    select place, device_id as "deviceId", serial_no as "serialNo", code, detail from bulk_act_failure
    where bulk_act_id = ${bulkActId}::uuid and place > ${place}::bigint
    order by place limit ${limit + 1}::int`.execute(database)
  const { items, next } = takePage(rows, limit, (last) => encodeCursor([String(last.place)]))
  return {
    items: items.map(({ deviceId, serialNo, code, detail }) => ({
      deviceId,
      serialNo,
      code,
      detail,
    })),
    next,
  }
}

function readPlace(cursor: string): number {
  const [place = ''] = decodeCursor(cursor, 1)
  if (!/^\d{1,15}$/.test(place)) throw new SanadError('request.malformed', 'after')
  return Number(place)
}

const PAGE = 2_000

/** @throws SanadError `bulk-act.not-found`, before anything is sent */
export async function downloadFailures(database: Database, bulkActId: string): Promise<Readable> {
  await readBulkAct(database, bulkActId)
  return Readable.from(writeFailures(database, bulkActId))
}

async function* writeFailures(database: Database, bulkActId: string): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + writeRow(['serialNo', 'deviceId', 'code', 'reason'])
  let after: string | undefined
  do {
    const query = { limit: PAGE, ...(after !== undefined && { after }) }
    const page = await listFailures(database, bulkActId, query)
    yield page.items
      .map(({ serialNo, deviceId, code, detail }) =>
        writeRow([serialNo, deviceId ?? '', code, detail ?? '']),
      )
      .join('')
    after = page.next ?? undefined
  } while (after !== undefined)
}
