import { type ClockHealth, UNCERTAINTY_BOUNDS } from '@sanad/protocol/operator-api/facts'
import { CLOCK_STATES } from '@sanad/protocol/domain/device-facts'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'

/** How well the fleet knows the time: counted at most every few seconds, however many look. */

const SHARED_FOR = 5_000

interface Row {
  readonly clock_state: string | null
  /** Which bound it is below; the last is none. */
  readonly bucket: number | null
  readonly devices: number
}

export class ClockHealthCounter {
  readonly #database: Database
  readonly #clock: Clock
  #shared: { readonly until: number; readonly health: Promise<ClockHealth> } | undefined

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  count(): Promise<ClockHealth> {
    const now = this.#clock()
    if (this.#shared !== undefined && now < this.#shared.until) return this.#shared.health
    const health = countClocks(this.#database)
    // A failure is not shared: the next to ask tries again.
    health.catch(() => (this.#shared = undefined))
    this.#shared = { until: now + SHARED_FOR, health }
    return health
  }
}

async function countClocks(database: Database): Promise<ClockHealth> {
  const { rows } = await sql<Row>`
    select f.clock_state, width_bucket(f.clock_uncertainty_ms, ${[...UNCERTAINTY_BOUNDS]}::bigint[]) as bucket,
      count(*) as devices
    from device d left join device_facts f using (device_id)
    where d.state = 'registered' group by 1, 2`.execute(database)
  const sum = (wanted: (row: Row) => boolean): number =>
    rows.filter(wanted).reduce((total, { devices }) => total + devices, 0)
  const known: readonly (string | null)[] = CLOCK_STATES
  return {
    states: {
      trusted: sum((row) => row.clock_state === 'trusted'),
      ageing: sum((row) => row.clock_state === 'ageing'),
      untrusted: sum((row) => row.clock_state === 'untrusted'),
      unknown: sum((row) => !known.includes(row.clock_state)),
    },
    uncertainty: [...UNCERTAINTY_BOUNDS, null].map((upToMs, bucket) => ({
      upToMs,
      devices: sum((row) => row.bucket === bucket),
    })),
  }
}
