import type { Forecast, ForecastQuery } from '@sanad/protocol/api/keys'
import { SanadError } from '@sanad/protocol/problems'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { refreshForecast } from './forecast-refresh.ts'
import { readForecast } from './forecast.ts'
import type { OtherSettings } from './policies-in-force.ts'

export interface ForecasterOptions {
  readonly database: Database
  readonly clock: Clock
  /** Asks for a new count soon; whoever counts, does it once. */
  readonly countSoon: () => Promise<void>
}

/** Events after which devices follow another policy or stand in another group than was counted. */
const OUTDATING = ['policy.assigned', 'policy.unassigned', 'group.devices-assigned'] as const

/** Answers from the newest count of the fleet; the settings of policies are read as they are now. */
export class Forecaster {
  readonly #database: Database
  readonly #clock: Clock
  readonly #countSoon: () => Promise<void>

  constructor({ database, clock, countSoon }: ForecasterOptions) {
    this.#database = database
    this.#clock = clock
    this.#countSoon = countSoon
  }

  refresh(): Promise<void> {
    return refreshForecast(this.#database, this.#clock())
  }

  async read(query: ForecastQuery): Promise<Forecast> {
    if (await this.#isOutdated()) await this.#countSoon()
    return this.#answer(query)
  }

  /** @throws SanadError `policy.not-found` */
  async askWhatIf(other: OtherSettings, query: ForecastQuery): Promise<Forecast> {
    await this.#requirePolicy(other.policyId)
    return this.#answer(query, other)
  }

  async #answer(query: ForecastQuery, other?: OtherSettings): Promise<Forecast> {
    const forecast = await readForecast(this.#database, query, other)
    if (forecast !== undefined) return forecast
    await this.refresh()
    const first = await readForecast(this.#database, query, other)
    if (first === undefined) throw new Error('the fleet was counted and there is no count')
    return first
  }

  async #isOutdated(): Promise<boolean> {
    const { rows } = await sql<{ outdated: boolean }>`
      select exists (
        select from event e, (select max(last_seq) as last_seq from forecast_generation) counted
        where e.type = any(${OUTDATING}::text[]) and e.seq > counted.last_seq
      ) as outdated`.execute(this.#database)
    return rows[0]?.outdated === true
  }

  async #requirePolicy(policyId: string): Promise<void> {
    const { rows } = await sql`select from policy where policy_id = ${policyId}::uuid`.execute(
      this.#database,
    )
    if (rows.length === 0) throw new SanadError('policy.not-found')
  }
}
