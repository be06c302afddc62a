import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Database } from '../platform/database.ts'
import { SIGN_AGAIN_AFTER_MS } from './list-terms.ts'
import type { RevocationListTable } from './revocation-tables.ts'

/** The lists on record, and which of them wait to be made again. */

export interface DueList {
  readonly shard: number
  /** What this list will answer for; more may come while it is made. */
  readonly touches: readonly number[]
}

/** A list made while the clock was wrong, and ahead by more than this, is made again at once. */
const CLOCK_TOLERANCE_MS = 60_000

const dueLists = (crlName: string, shards: number, now: number) => sql<DueList>`
  select wanted.shard, coalesce(touched.touches, '{}') as touches
  from generate_series(0, ${shards}::integer - 1) as wanted (shard)
  left join revocation_list l on l.crl_name = ${crlName} and l.shard = wanted.shard
  left join (
    select shard, array_agg(touch_id::double precision) as touches from revocation_touch
    where crl_name = ${crlName} group by shard
  ) touched on touched.shard = wanted.shard
  where l.shard is null or touched.shard is not null
    or l.this_update <= ${new Date(now - SIGN_AGAIN_AFTER_MS)}
    or l.this_update > ${new Date(now + CLOCK_TOLERANCE_MS)}
  -- What was revoked first, then what nobody has yet, then the oldest.
  order by touched.shard is null, l.this_update nulls first, wanted.shard`

export async function findDueLists(
  database: Database,
  crlName: string,
  shards: number,
  now: number,
): Promise<readonly DueList[]> {
  return (await dueLists(crlName, shards, now).execute(database)).rows
}

export type FormerList = Pick<RevocationListTable, 'shard' | 'number' | 'der'>

export async function readFormerLists(
  database: Database,
  crlName: string,
  shards: readonly number[],
): Promise<ReadonlyMap<number, FormerList>> {
  const rows = await database
    .selectFrom('revocation_list')
    .select(['shard', 'number', 'der'])
    .where('crl_name', '=', crlName)
    .where('shard', 'in', shards)
    .execute()
  return new Map(rows.map((row) => [row.shard, row]))
}

export interface MadeList extends RevocationListTable {
  readonly touches: readonly number[]
}

/**
 * Lists made at one time, in one transaction. Where another process published meanwhile, its list stays: it
 * may hold what ours does not.
 *
 * @returns how many were published
 */
export async function publishLists(
  database: Database,
  lists: readonly MadeList[],
): Promise<number> {
  const [first] = lists
  if (first === undefined) return 0
  return database.transaction().execute(async (tx) => {
    const published = await tx
      .insertInto('revocation_list')
      .values(lists.map(({ touches: _answered, ...row }) => row))
      .onConflict((conflict) =>
        conflict
          .columns(['crl_name', 'shard'])
          .doUpdateSet((set) => ({
            number: set.ref('excluded.number'),
            follows: set.ref('excluded.follows'),
            this_update: set.ref('excluded.this_update'),
            next_update: set.ref('excluded.next_update'),
            entries: set.ref('excluded.entries'),
            der: set.ref('excluded.der'),
            sha256: set.ref('excluded.sha256'),
            provider_certificate_id: set.ref('excluded.provider_certificate_id'),
            is_recorded: sql<boolean>`revocation_list.is_recorded and excluded.is_recorded`,
          }))
          .whereRef('revocation_list.number', '=', 'excluded.follows'),
      )
      .returning('shard')
      .execute()
    const shards = new Set(published.map(({ shard }) => shard))
    const answered = lists.flatMap(({ shard, touches }) => (shards.has(shard) ? touches : []))
    await sql`delete from revocation_touch where touch_id = any(${answered}::bigint[])`.execute(tx)
    return shards.size
  })
}

/** One event for all lists whose entries changed since the last. */
export function recordPublished(database: Database, crlName: string): Promise<void> {
  return database.transaction().execute(async (tx) => {
    const rows = await tx
      .updateTable('revocation_list')
      .set({ is_recorded: true })
      .where('crl_name', '=', crlName)
      .where('is_recorded', '=', false)
      .returning('entries')
      .execute()
    if (rows.length === 0) return
    const entries = rows.reduce((sum, row) => sum + row.entries, 0)
    const data = { issuer: crlName, lists: rows.length, entries }
    await recordEvents(tx, [{ type: 'revocation-lists.published', actor: 'server', data }])
  })
}

/** Null when all is well. */
export async function keepProblem(database: Database, problem: string | null): Promise<void> {
  await sql`update revocation_health set problem = ${problem}
    where problem is distinct from ${problem}`.execute(database)
}
