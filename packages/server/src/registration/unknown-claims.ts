import type { ProblemCode } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import './registration-tables.ts'

/**
 * Claims of devices that nobody approved. Anybody can make them, under any names: so the record, which is never
 * rewritten, gets one event an hour and code with their number, and what they said is kept in a table of fixed size,
 * long enough that a technician's support code leads an operator to the reason.
 */

/** A stranger's newest; a technician who tries one device again and again has one. */
const MOST_OF_A_NETWORK = 100
/** About 10 MB. */
const MOST_IN_ALL = 10_000

/** @param codes of each such claim, for the end of the transaction */
export async function countUnknownClaims(
  tx: DatabaseTransaction,
  codes: readonly ProblemCode[],
  now: number,
): Promise<void> {
  if (codes.length === 0) return
  const hour = new Date(now - (now % HOUR_MS))
  // In one order, so that two transactions cannot wait for each other.
  await sql`
    insert into registration_unknown_claims as u (hour, code, occurrences)
    select ${hour}, code, count(*) from unnest(${codes}::text[]) as code group by code order by code
    on conflict (hour, code) do update set occurrences = u.occurrences + excluded.occurrences`.execute(
    tx,
  )
}

/** Puts the hours that are over on record. */
export async function recordUnknownClaims(database: Database, now: number): Promise<void> {
  await database.transaction().execute(async (tx) => {
    const over = await tx
      .deleteFrom('registration_unknown_claims')
      .where('hour', '<=', new Date(now - HOUR_MS))
      .returningAll()
      .execute()
    const events = over.map(({ hour, code, occurrences }) => ({
      type: 'server.unknown-claims' as const,
      actor: 'server' as const,
      data: { hour: formatTimestamp(hour.getTime()), code, occurrences: Number(occurrences) },
    }))
    await recordEvents(tx, events)
  })
}

/** The oldest go first: of each network beyond its share, then of all. */
export async function forgetUnknownClaims(database: Database): Promise<void> {
  await sql`
    delete from registration_claim where claim_id in (
      select claim_id from (
        select claim_id, row_number() over (partition by network order by last_at desc, claim_id) as of_network
        from registration_claim where device_id is null
      ) as ranked where of_network > ${MOST_OF_A_NETWORK})`.execute(database)
  await sql`
    delete from registration_claim where claim_id in (
      select claim_id from registration_claim where device_id is null
      order by last_at desc, claim_id offset ${MOST_IN_ALL})`.execute(database)
}
