import type {
  FindingCounts,
  FindingPage,
  FindingQuery,
  FindingView,
} from '@sanad/protocol/operator-api/findings'
import {
  CHECKS,
  CHECK_NAMES,
  type CheckName,
  type Severity,
} from '@sanad/protocol/operator-api/checks'
import { isUuid } from '@sanad/protocol/text/uuid'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { instant, instantOrNull } from '../platform/instant.ts'
import { decodeCursor, encodeCursor, isDatabaseTime, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'

/** What is open now: the most severe first, and of those the newest. */

const DEFAULT_LIMIT = 50
const RANK: Record<Severity, number> = { bad: 3, attention: 2, notice: 1 }
const rankOf = (check: CheckName): number => RANK[CHECKS[check].severity]

export async function listFindings(
  database: Database,
  query: FindingQuery,
  now: Date,
): Promise<FindingPage> {
  const limit = query.limit ?? DEFAULT_LIMIT
  const place = query.after === undefined ? undefined : readPlace(query.after)
  const checks = checksOf(query).filter(
    (check) => place === undefined || rankOf(check) <= place.rank,
  )
  const rows = await readRows(
    database,
    pageOf(checks, conditionOf(query, now, place), limit + 1),
    now,
  )
  const { items, next } = takePage(rows, limit, encodePlace)
  return { items: items.map(describe), next }
}

export async function readFinding(
  database: Database,
  findingId: string,
  now: Date,
): Promise<FindingView> {
  const [row] = await readRows(
    database,
    sql`select finding_id, 0 as rank from finding
      where finding_id = ${findingId}::uuid and resolved_at is null`,
    now,
  )
  if (row === undefined) throw new SanadError('finding.not-found')
  return describe(row)
}

export async function countFindings(database: Database, now: Date): Promise<FindingCounts> {
  const { rows } = await sql<{ check: CheckName; open: number; suppressed: number }>`
    select check_name as check, count(*) filter (where not ${isSuppressed(now)}) as open,
      count(*) filter (where ${isSuppressed(now)}) as suppressed
    from finding f where resolved_at is null group by check_name`.execute(database)
  const counts = new Map(rows.map((row) => [row.check, row]))
  return {
    auditedAt: await findLastAudit(database),
    checks: CHECK_NAMES.map((check) => ({
      check,
      severity: CHECKS[check].severity,
      open: counts.get(check)?.open ?? 0,
      suppressed: counts.get(check)?.suppressed ?? 0,
    })),
  }
}

/** Since then, every check has been done. */
async function findLastAudit(database: Database): Promise<string | null> {
  const { rows } = await sql<{ done: number; at: Date | null }>`
    select count(*) as done, min(done_at) as at from finding_check
    where check_name = any(${CHECK_NAMES}::text[])`.execute(database)
  const { done, at } = rows[0] ?? { done: 0, at: null }
  return done === CHECK_NAMES.length ? instantOrNull(at) : null
}

// ── Conditions ─────────────────────────────────────────────────────────────────────────────────────

function checksOf({ check, severity }: FindingQuery): readonly CheckName[] {
  return (check ?? CHECK_NAMES).filter(
    (name) => severity === undefined || CHECKS[name].severity === severity,
  )
}

/** Silence ends by itself: what was suppressed until yesterday is as open as ever. */
const isSuppressed = (now: Date) =>
  sql`(f.suppressed_until is not null and f.suppressed_until > ${now})`

interface Place {
  readonly rank: number
  /** As PostgreSQL writes it: a JavaScript date would lose the microseconds. */
  readonly seenAt: string
  readonly findingId: string
}

/** Without a word about suppression, all that is open and not suppressed. */
function conditionOf({ deviceId, suppressed }: FindingQuery, now: Date, place: Place | undefined) {
  const ofDevice = deviceId === undefined ? sql`true` : sql`f.device_id = ${deviceId}::uuid`
  const isChosen = suppressed === true ? isSuppressed(now) : sql`not ${isSuppressed(now)}`
  const isBeyond =
    place === undefined
      ? sql`true`
      : sql`(chosen.rank < ${place.rank} or
          (f.first_seen_at, f.finding_id) < (${place.seenAt}::timestamptz, ${place.findingId}::uuid))`
  return sql`${ofDevice} and ${isChosen} and ${isBeyond}`
}

/** One short index scan for each check, whose heads are then merged: a rare check is as quick as a common one. */
const pageOf = (checks: readonly CheckName[], condition: RawBuilder<unknown>, limit: number) => sql`
  select head.finding_id, chosen.rank
  from unnest(${checks}::text[], ${checks.map(rankOf)}::int[]) as chosen (check_name, rank)
  cross join lateral (
    select f.finding_id, f.first_seen_at from finding f
    where f.check_name = chosen.check_name and f.resolved_at is null and ${condition}
    order by f.first_seen_at desc, f.finding_id desc limit ${limit}
  ) head
  order by chosen.rank desc, head.first_seen_at desc, head.finding_id desc limit ${limit}`

// ── Rows ───────────────────────────────────────────────────────────────────────────────────────────

interface Row {
  readonly findingId: string
  readonly rank: number
  readonly check: CheckName
  readonly deviceId: string | null
  readonly serialNo: string | null
  readonly model: string | null
  readonly label: string | null
  readonly at: Date | null
  readonly firstSeenAt: Date
  readonly seenAt: string
  readonly lastSeenAt: Date
  readonly suppressedUntil: Date | null
}

async function readRows(
  database: Database,
  page: RawBuilder<unknown>,
  now: Date,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select f.finding_id as "findingId", page.rank, f.check_name as check, f.device_id as "deviceId",
      d.serial_no as "serialNo", m.make || ' ' || m.model as model, f.label, f.at,
      f.first_seen_at as "firstSeenAt", f.first_seen_at::text as "seenAt",
      greatest(c.done_at, f.first_seen_at) as "lastSeenAt",
      case when ${isSuppressed(now)} then f.suppressed_until end as "suppressedUntil"
    from (${page}) page
    join finding f using (finding_id)
    left join finding_check c using (check_name)
    left join device d on d.device_id = f.device_id
    left join device_model m using (model_id)
    order by page.rank desc, f.first_seen_at desc, f.finding_id desc`.execute(database)
  return rows
}

function describe(row: Row): FindingView {
  const { check, deviceId, serialNo, model } = row
  return {
    findingId: row.findingId,
    check,
    ...CHECKS[check],
    device:
      deviceId === null || serialNo === null || model === null
        ? null
        : { deviceId, serialNo, model },
    subject: row.label,
    at: instantOrNull(row.at),
    firstSeenAt: instant(row.firstSeenAt),
    lastSeenAt: instant(row.lastSeenAt),
    suppressedUntil: instantOrNull(row.suppressedUntil),
  }
}

// ── Cursors ────────────────────────────────────────────────────────────────────────────────────────

const encodePlace = ({ rank, seenAt, findingId }: Row): string =>
  encodeCursor([String(rank), seenAt, findingId])

function readPlace(cursor: string): Place {
  const [rank = '', seenAt = '', findingId = ''] = decodeCursor<number>(cursor, 3)
  if (!/^[123]$/.test(rank) || !isDatabaseTime(seenAt) || !isUuid(findingId))
    throw new SanadError('request.malformed', 'after')
  return { rank: Number(rank), seenAt, findingId }
}
