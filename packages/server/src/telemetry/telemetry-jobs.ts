import { FACTS_KEPT_DAYS } from '@sanad/protocol/operator-api/facts'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'

const AT_ONCE = 2_000
/** Of one device: many times what ninety daily check-ins bring. */
const MOST_CHANGES = 1_000

export interface TelemetryJobOptions {
  readonly database: Database
  readonly clock: Clock
}

export const telemetryJob = (options: TelemetryJobOptions): Job => ({
  name: 'telemetry',
  everyMs: DAY_MS / 4,
  run: (signal) => forgetFactsChanges(options, signal),
})

/** What is old, and of devices that change without end the oldest; a batch at a time. */
export async function forgetFactsChanges(
  { database, clock }: TelemetryJobOptions,
  signal?: AbortSignal,
): Promise<void> {
  const before = new Date(clock() - FACTS_KEPT_DAYS * DAY_MS)
  const old = sql`select change_id from device_facts_change where at < ${before} order by at limit ${AT_ONCE}`
  const tooMany = sql`
    select c.change_id from (
      select device_id from device_facts_change group by device_id having count(*) > ${MOST_CHANGES}::int
    ) busy
    cross join lateral (
      select change_id from device_facts_change k where k.device_id = busy.device_id
      order by k.at desc, k.change_id desc offset ${MOST_CHANGES}::int
    ) c limit ${AT_ONCE}`
  for (const wanted of [old, tooMany]) {
    let done = AT_ONCE
    while (done === AT_ONCE && signal?.aborted !== true) {
      const { numAffectedRows } = await sql`
        delete from device_facts_change where change_id in (${wanted})`.execute(database)
      done = Number(numAffectedRows ?? 0)
    }
  }
}
