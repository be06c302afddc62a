import type {
  ImportPage,
  ImportView,
  RowErrorPage,
  RowErrorQuery,
  RowErrorView,
} from '@sanad/protocol/operator-api/imports'
import { ROW_FINDINGS } from '@sanad/protocol/operator-api/row-findings'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Selectable } from 'kysely'
import { takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import type {
  DeviceImportErrorTable,
  DeviceImportProgressTable,
  DeviceImportTable,
} from './import-tables.ts'
import { hexOrNull, instant, instantOrNull } from '../platform/instant.ts'
import { explainTwinOf } from '../devices/judge-serial-number.ts'

/** What operators see of imports. */

const DEFAULT_LIMIT = 50

type ImportRow = Selectable<DeviceImportTable> &
  Partial<Selectable<Omit<DeviceImportProgressTable, 'import_id' | 'worker'>>>

const selectImports = (database: Database) =>
  database
    .selectFrom('device_import as i')
    .leftJoin('device_import_progress as p', 'p.import_id', 'i.import_id')
    .selectAll('i')
    .select(['p.bytes_done', 'p.rows_done', 'p.step_started_at', 'p.alive_at'])

/** @throws SanadError `import.not-found` */
export async function readImport(database: Database, importId: string): Promise<ImportView> {
  const row = await selectImports(database).where('i.import_id', '=', importId).executeTakeFirst()
  if (row === undefined) throw new SanadError('import.not-found')
  return toView(withoutNulls(row))
}

/** Newest first. */
export async function listImports(
  database: Database,
  page: { readonly after?: string; readonly limit?: number },
): Promise<ImportPage> {
  const limit = page.limit ?? DEFAULT_LIMIT
  let select = selectImports(database)
    .orderBy('i.uploaded_at', 'desc')
    .orderBy('i.import_id', 'desc')
    .limit(limit + 1)
  if (page.after !== undefined) {
    const place = database
      .selectFrom('device_import')
      .select(['uploaded_at', 'import_id'])
      .where('import_id', '=', parseImportId(page.after))
    select = select.where((eb) =>
      eb(
        eb.refTuple('i.uploaded_at', 'i.import_id'),
        '<',
        place.$asTuple('uploaded_at', 'import_id'),
      ),
    )
  }
  const rows = await select.execute()
  const { items, next } = takePage(rows, limit, (last) => last.import_id)
  return { items: items.map((row) => toView(withoutNulls(row))), next }
}

function parseImportId(cursor: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(cursor)) {
    throw new SanadError('request.malformed', 'cursor')
  }
  return cursor
}

interface JoinedProgress {
  readonly bytes_done: number | null
  readonly rows_done: number | null
  readonly step_started_at: Date | null
  readonly alive_at: Date | null
}

function withoutNulls(row: Selectable<DeviceImportTable> & JoinedProgress): ImportRow {
  const { bytes_done, rows_done, step_started_at, alive_at, ...rest } = row
  if (bytes_done === null || rows_done === null || step_started_at === null || alive_at === null) {
    return rest
  }
  return { ...rest, bytes_done, rows_done, step_started_at, alive_at }
}

function toView(row: ImportRow): ImportView {
  const isReceiving = row.state === 'receiving'
  const isApplying = row.state === 'applying'
  return {
    importId: row.import_id,
    format: row.format,
    fileName: row.file_name,
    reading: row.reading,
    state: row.state,
    signer: row.signer,
    fileSha256: hexOrNull(row.file_sha256),
    bytes: row.bytes_done ?? 0,
    bytesExpected: row.bytes_expected,
    rowsRead: isReceiving ? (row.rows_done ?? 0) : row.rows_read,
    rowsValid: row.rows_valid,
    rowsWithErrors: row.rows_with_errors,
    rowsWithWarnings: row.rows_with_warnings,
    rowsApplied: isApplying ? (row.rows_done ?? 0) : row.rows_applied,
    percent: percentOf(row),
    rowsPerSecond: rateOf(row),
    failure: failureOf(row),
    choice: row.choice,
    warnings: row.warnings,
    uploadedAt: instant(row.uploaded_at),
    finishedAt: instantOrNull(row.finished_at),
  }
}

/** Of the present step. The last percent is the commit. */
function percentOf(row: ImportRow): number {
  switch (row.state) {
    case 'receiving':
      return shareOf(row.bytes_done, row.bytes_expected)
    case 'applying':
      return shareOf(row.rows_done, row.rows_valid)
    case 'checking':
      return 99
    case 'ready':
    case 'applied':
      return 100
    case 'failed':
    case 'discarded':
      return 0
  }
}

function shareOf(done: number | undefined, all: number | null): number {
  if (done === undefined || all === null || all === 0) return 0
  return Math.min(99, Math.floor((100 * done) / all))
}

function rateOf({ rows_done, step_started_at, alive_at }: ImportRow): number {
  if (rows_done === undefined || step_started_at === undefined || alive_at === undefined) return 0
  const seconds = (alive_at.getTime() - step_started_at.getTime()) / 1000
  return seconds > 0 ? Math.round(rows_done / seconds) : 0
}

function failureOf(row: ImportRow): ImportView['failure'] {
  if (row.failure_code === null) return null
  return { code: row.failure_code, detail: row.failure_detail, row: row.failure_row }
}

/** Row by row as in the file. @throws SanadError `import.not-found`, `request.malformed` */
export async function listRowErrors(
  database: Database,
  importId: string,
  query: RowErrorQuery,
): Promise<RowErrorPage> {
  await readImport(database, importId)
  const limit = query.limit ?? DEFAULT_LIMIT
  let select = database
    .selectFrom('device_import_error')
    .selectAll()
    .where('import_id', '=', importId)
    .orderBy('row_no')
    .orderBy('code')
    .orderBy('column_name')
    .limit(limit + 1)
  if (query.code !== undefined) select = select.where('code', '=', query.code)
  if (query.after !== undefined) {
    const [row, code, column] = decodePlace(query.after)
    select = select.where((eb) =>
      eb(eb.refTuple('row_no', 'code', 'column_name'), '>', eb.tuple(row, code, column)),
    )
  }
  const rows = await select.execute()
  const { items, next } = takePage(rows, limit, encodePlace)
  return {
    items: items.map(toErrorView),
    next,
    counts: await countByCode(database, importId),
  }
}

type ErrorRow = Selectable<DeviceImportErrorTable>

const encodePlace = ({ row_no, code, column_name }: ErrorRow): string =>
  Buffer.from(JSON.stringify([row_no, code, column_name])).toString('base64url')

/** PostgreSQL's `integer`. */
const LARGEST_ROW = 2 ** 31 - 1

function decodePlace(cursor: string): [number, ErrorRow['code'], ErrorRow['column_name']] {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown
    if (!Array.isArray(place) || place.length !== 3) throw new TypeError('not three')
    const [row, code, column] = place as readonly unknown[]
    if (typeof row !== 'number' || typeof code !== 'string' || typeof column !== 'string')
      throw new TypeError('not a place')
    // What the database has no number or text for.
    if (!Number.isInteger(row) || Math.abs(row) > LARGEST_ROW || `${code}${column}`.includes('\0'))
      throw new TypeError('not a place')
    // Only compared with: a text that is no code finds its neighbours.
    return [row, code as ErrorRow['code'], column as ErrorRow['column_name']]
  } catch (cause) {
    throw new SanadError('request.malformed', 'cursor', { cause })
  }
}

function toErrorView(row: ErrorRow): RowErrorView {
  return {
    row: row.row_no,
    column: row.column_name === '' ? null : row.column_name,
    code: row.code,
    severity: row.is_warning ? 'warning' : 'error',
    reason: explainFinding(row),
    serialNo: row.serial_no,
  }
}

function explainFinding({ code, detail, serial_no, other_serial_no, other_row }: ErrorRow): string {
  if (detail !== null) return detail
  if (serial_no === null || other_serial_no === null) return ROW_FINDINGS[code]
  const whose = other_row === null ? 'an approved device' : `row ${other_row}`
  return explainTwinOf(serial_no, other_serial_no, whose)
}

async function countByCode(database: Database, importId: string): Promise<RowErrorPage['counts']> {
  const rows = await database
    .selectFrom('device_import_error')
    .select((eb) => ['code', eb.fn.count<number>('row_no').distinct().as('rows')])
    .where('import_id', '=', importId)
    .groupBy('code')
    .orderBy('rows', 'desc')
    .execute()
  return rows.map(({ code, rows: count }) => ({ code, rows: count }))
}
