import type { DeviceCounts, DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { conditionOf, resolveFilter } from './device-filter.ts'

/**
 * How many devices are in each state.
 *
 * Counting a million devices takes a tenth of a second: many portals that look at once share one count, which
 * is never older than a few seconds.
 */

const SHARED_FOR = 3_000
const MOST_KEPT = 200

export class DeviceCounter {
  readonly #database: Database
  readonly #clock: Clock
  readonly #shared = new Map<
    string,
    { readonly until: number; readonly counts: Promise<DeviceCounts> }
  >()

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  count(filter: DeviceFilter): Promise<DeviceCounts> {
    const key = JSON.stringify(Object.entries(filter).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    const now = this.#clock()
    const known = this.#shared.get(key)
    if (known !== undefined && now < known.until) return known.counts
    const counts = countDevices(this.#database, filter, now)
    // A failure is not shared: the next to ask tries again.
    counts.catch(() => this.#shared.delete(key))
    if (this.#shared.size >= MOST_KEPT) this.#shared.clear()
    this.#shared.set(key, { until: now + SHARED_FOR, counts })
    return counts
  }
}

async function countDevices(
  database: Database,
  filter: DeviceFilter,
  now: number,
): Promise<DeviceCounts> {
  const condition = conditionOf(await resolveFilter(database, filter, now))
  const { rows } = await sql<{ state: DeviceState; count: number }>`
    select d.state, count(*) as count from device d where ${condition} group by d.state`.execute(
    database,
  )
  const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
  for (const { state, count } of rows) states[state] = count
  const connected = await countConnected(database, condition)
  return { total: rows.reduce((sum, { count }) => sum + count, 0), states, connected }
}

async function countConnected(database: Database, condition: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from channel_device join device d using (device_id)
    where ${condition}`.execute(database)
  return rows[0]?.count ?? 0
}
