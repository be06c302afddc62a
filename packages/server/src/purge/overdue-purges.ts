import type { NewEvent } from '@sanad/protocol/domain/events'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import './purge-tables.ts'

const AT_ONCE = 500
const QUARTER_OF_AN_HOUR_MS = 900_000

/** The job that says of purges past their day that nobody has confirmed them. */
export const overduePurgesJob = (database: Database, clock: Clock): Job => ({
  name: 'purges',
  everyMs: QUARTER_OF_AN_HOUR_MS,
  run: async (signal) => {
    while (!signal.aborted && (await giveUpOverduePurges(database, clock())) === AT_ONCE);
  },
})

/** @returns how many there were, of at most {@link AT_ONCE} */
export function giveUpOverduePurges(database: Database, now: number): Promise<number> {
  return database.transaction().execute(async (tx) => {
    const { rows } = await sql<{ device_id: string; ordered_at: Date }>`
      update key_purge set state = 'unconfirmed'
      where purge_id in (
        select purge_id from key_purge where state = 'awaited' and due_at <= ${new Date(now)}
        order by due_at limit ${AT_ONCE} for update skip locked)
      returning device_id, ordered_at`.execute(tx)
    await recordEvents(tx, rows.map(eventOf))
    return rows.length
  })
}

const eventOf = (row: { device_id: string; ordered_at: Date }): NewEvent => ({
  type: 'key.purge-unconfirmed',
  actor: 'server',
  deviceId: row.device_id,
  data: { since: formatTimestamp(row.ordered_at.getTime()) },
})
