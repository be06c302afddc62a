import type { Forecast, ForecastQuery } from '@sanad/protocol/operator-api/keys'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { sequenceEvents } from '../record/sequencer.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { refreshForecast } from './forecast-refresh.ts'
import { readForecast } from './forecast.ts'
import type { OtherSettings } from '../policies/policies-in-force.ts'

export interface ForecasterOptions {
  readonly database: Database
  readonly clock: Clock
}

/** Events after which devices follow another policy or stand in another group than was counted. */
const OUTDATING = ['policy.assigned', 'policy.unassigned', 'group.devices-assigned'] as const
/** Devices check in, register and rotate all the time: a count serves for so long. */
const SERVES_MS = 180_000

/** Answers from the newest count of the fleet; the settings of policies are read as they are now. */
export class Forecaster {
  readonly #database: Database
  readonly #clock: Clock

  constructor({ database, clock }: ForecasterOptions) {
    this.#database = database
    this.#clock = clock
  }

  refresh(): Promise<void> {
    return refreshForecast(this.#database, this.#clock())
  }

  /** Counts again when the newest count is some minutes old, or devices follow other policies since. */
  async refreshWhenDue(): Promise<void> {
    if (await this.#isOutdated()) await this.refresh()
  }

  read(query: ForecastQuery): Promise<Forecast> {
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
    await sequenceEvents(this.#database)
    const old = new Date(this.#clock() - SERVES_MS)
    const { rows } = await sql<{ isOutdated: boolean }>`
      select taken_at <= ${old} or exists (
        select from event e where e.type = any(${OUTDATING}::text[]) and e.seq > newest.last_seq
      ) as "isOutdated"
      from forecast_generation newest order by generation desc limit 1`.execute(this.#database)
    return rows[0]?.isOutdated ?? true
  }

  async #requirePolicy(policyId: string): Promise<void> {
    const { rows } = await sql`select from policy where policy_id = ${policyId}::uuid`.execute(
      this.#database,
    )
    if (rows.length === 0) throw new SanadError('policy.not-found')
  }
}
