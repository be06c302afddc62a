import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'

/**
 * Wrong passwords, counted by the hour and the account; those at names that nobody has in one count. When the hour
 * is over, each count becomes one event: strangers cannot fill a record that cannot be rewritten. Every try stands
 * in the access log.
 */

const NOBODY = '00000000-0000-0000-0000-000000000000'
const LONGEST_ADDRESS = 64

export async function countFailedSignIn(
  database: Database,
  failed: { readonly operatorId: string | undefined; readonly address: string },
  now: number,
): Promise<void> {
  const hour = new Date(now - (now % HOUR_MS))
  await sql`
    insert into operator_failed_sign_ins as f (hour, operator_id, failures, last_address)
    values (${hour}, ${failed.operatorId ?? NOBODY}, 1, ${failed.address.slice(0, LONGEST_ADDRESS)})
    on conflict (hour, operator_id) do update
      set failures = f.failures + 1, last_address = excluded.last_address`.execute(database)
}

export const failedSignInsJob = (database: Database, clock: Clock): Job => ({
  name: 'failed-sign-ins',
  everyMs: 60_000,
  run: () => recordFailedSignIns(database, clock()),
})

/** Puts the hours that are over on record. */
export async function recordFailedSignIns(database: Database, now: number): Promise<void> {
  await database.transaction().execute(async (tx) => {
    const over = await tx
      .deleteFrom('operator_failed_sign_ins')
      .where('hour', '<', new Date(now - (now % HOUR_MS)))
      .returningAll()
      .execute()
    const events = over.map((row) => ({
      type: 'operator.sign-in-failed' as const,
      actor: 'server' as const,
      data: {
        failures: row.failures,
        hour: formatTimestamp(row.hour.getTime()),
        lastAddress: row.last_address,
        ...(row.operator_id !== NOBODY && { operatorId: row.operator_id }),
      },
    }))
    await recordEvents(tx, events)
  })
}
