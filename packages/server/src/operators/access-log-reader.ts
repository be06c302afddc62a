import type { AccessEntry, AccessPage, AccessQuery } from '@sanad/protocol/operator-api/access-log'
import type { AccessOutcome } from '@sanad/protocol/operator-api/choices'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { type Selectable, sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import type { OperatorAccessLogTable } from './operator-tables.ts'

/** Reads the access log, newest first, and forgets what is old or too much. */

const DEFAULT_LIMIT = 50

const FIRST_STATUS: Record<AccessOutcome, number> = { ok: 100, refused: 400, failed: 500 }
const END_STATUS: Record<AccessOutcome, number> = { ok: 400, refused: 500, failed: 600 }

export async function readAccessLog(database: Database, query: AccessQuery): Promise<AccessPage> {
  const limit = query.limit ?? DEFAULT_LIMIT
  const rows = await select(database, query)
    .orderBy('l.entry_id', 'desc')
    .limit(limit + 1)
    .execute()
  const { items, next } = takePage(rows, limit, ({ entry_id }) => String(entry_id))
  return { items: items.map(describe), next }
}

function select(database: Database, query: AccessQuery) {
  const { operatorId, method, route, outcome, address, since, until, after } = query
  let chosen = database
    .selectFrom('operator_access_log as l')
    .leftJoin('operator as o', 'o.operator_id', 'l.operator_id')
    .selectAll('l')
    .select('o.name as operator_name')
  if (operatorId !== undefined) chosen = chosen.where('l.operator_id', '=', operatorId)
  if (method !== undefined) chosen = chosen.where('l.method', '=', method)
  if (route !== undefined) chosen = chosen.where('l.route', '=', route)
  if (address !== undefined) chosen = chosen.where('l.address', '=', address)
  if (since !== undefined) chosen = chosen.where('l.at', '>=', new Date(since))
  if (until !== undefined) chosen = chosen.where('l.at', '<', new Date(until))
  if (after !== undefined) chosen = chosen.where('l.entry_id', '<', parseCursor(after))
  if (outcome !== undefined)
    chosen = chosen
      .where('l.status', '>=', FIRST_STATUS[outcome])
      .where('l.status', '<', END_STATUS[outcome])
  return chosen
}

function parseCursor(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new SanadError('request.malformed', 'cursor')
  return Number(text)
}

function describe(
  row: Selectable<OperatorAccessLogTable> & { readonly operator_name: string | null },
): AccessEntry {
  return {
    entryId: row.entry_id,
    at: formatTimestamp(row.at.getTime()),
    requestId: row.request_id,
    method: row.method,
    route: row.route,
    path: row.path,
    status: row.status,
    outcome: outcomeOf(row.status),
    code: row.code,
    address: row.address,
    operatorId: row.operator_id,
    operatorName: row.operator_name,
    occurrences: row.occurrences,
  }
}

function outcomeOf(status: number): AccessOutcome {
  if (status < FIRST_STATUS.refused) return 'ok'
  return status < FIRST_STATUS.failed ? 'refused' : 'failed'
}

const ACCESS_LOG_DAYS = 90
/** About 1 GB: ten operators who look at the portal all day, for a year. */
const MOST_OF_OPERATORS = 5_000_000
const MOST_OF_STRANGERS = 200_000
/** Rows of one statement: none holds the table for long. */
const AT_ONCE = 5_000

export interface AccessLogJobOptions {
  readonly database: Database
  readonly clock: Clock
  /** How long entries are kept; the server’s configuration, `accessLog.retentionDays`. */
  readonly retentionDays?: number | undefined
}

export const accessLogJob = (options: AccessLogJobOptions): Job => ({
  name: 'access-log',
  everyMs: HOUR_MS,
  run: (signal) => forgetAccess(options, signal),
})

export async function forgetAccess(
  { database, clock, retentionDays = ACCESS_LOG_DAYS }: AccessLogJobOptions,
  signal?: AbortSignal,
): Promise<void> {
  const before = new Date(clock() - retentionDays * DAY_MS)
  const surplus = (isStrangers: boolean, most: number) => sql`
    select entry_id from operator_access_log where (operator_id is null) = ${isStrangers}
    order by entry_id desc offset ${most}::int limit ${AT_ONCE}`
  for (const wanted of [
    sql`select entry_id from operator_access_log where at < ${before} order by at limit ${AT_ONCE}`,
    surplus(false, MOST_OF_OPERATORS),
    surplus(true, MOST_OF_STRANGERS),
  ]) {
    let done = AT_ONCE
    while (done === AT_ONCE && signal?.aborted !== true) {
      const { numAffectedRows } = await sql`
        delete from operator_access_log where entry_id in (${wanted})`.execute(database)
      done = Number(numAffectedRows ?? 0)
    }
  }
}
