import type { Forecast, ForecastQuery } from '@sanad/protocol/operator-api/keys'
import type { FORECAST_GROUPINGS } from '@sanad/protocol/operator-api/choices'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import { type OtherSettings, rulesOfPolicies } from '../policies/policies-in-force.ts'
import { SILENT_COLUMNS, silentFromInSql } from './silence.ts'

/**
 * Which devices will meet SBI error 107 (MF §1.4, 40), and when keys are due: read off the newest count of the
 * fleet, under the policies in force, or with one of them under other settings. docs/findings.md says what is
 * modelled.
 */

type Grouping = (typeof FORECAST_GROUPINGS)[number]

const DEFAULT_DAYS = 60
const DEFAULT_GROUPING: Grouping = 'model'

interface Answer {
  readonly at: number
  readonly today: number
  readonly totals: Totals | null
  readonly ends: readonly (readonly [day: number, ending: number, atRisk: number])[] | null
  readonly dues: readonly (readonly [day: number, due: number])[] | null
  readonly groups:
    | readonly (Totals & { readonly id: string | null; readonly name: string })[]
    | null
}

interface Totals {
  readonly devices: number
  readonly failedAlready: number
  readonly in7Days: number
  readonly in14Days: number
  readonly in30Days: number
}

const NOBODY: Totals = { devices: 0, failedAlready: 0, in7Days: 0, in14Days: 0, in30Days: 0 }

/** @returns undefined before the first count */
export async function readForecast(
  database: Database,
  query: ForecastQuery,
  other?: OtherSettings,
): Promise<Forecast | undefined> {
  const { rows } = await sql<Answer>`
    with newest as (
      select generation, taken_at, floor(extract(epoch from taken_at) / 86400)::int as today
      from forecast_generation order by generation desc limit 1
    ), reckoned as materialized (${reckonCells(query, other)}),
    grouped as (
      select by_id, ${TOTALS} from reckoned group by by_id
    )
    select (extract(epoch from taken_at) * 1000)::bigint as at, today,
      (select to_json(whole) from (select ${TOTALS} from reckoned) whole) as totals,
      (select json_agg(json_build_array(end_day, devices, at_risk)) from (
        select end_day, sum(devices) as devices, sum(at_risk) as at_risk
        from reckoned where end_day is not null group by end_day) ending) as ends,
      (select json_agg(json_build_array(due_day, devices)) from (
        select due_day, sum(devices) as devices
        from reckoned where due_day is not null group by due_day) due) as dues,
      (select json_agg(named) from (
        ${nameGroups(query.by ?? DEFAULT_GROUPING)}
      ) named) as groups
    from newest`.execute(database)
  const [answer] = rows
  return answer === undefined ? undefined : toForecast(answer, query.days ?? DEFAULT_DAYS)
}

/** How many of them can meet the end of their certificate before they renew it. */
const AT_RISK = sql`
  case when c.end_day is null then 0
    when not c.has_longer_issuer or greatest(d.due_day, r.since_day) < newest.today - 1 then c.devices
    else (array[${sql.join(SILENT_COLUMNS.map((column) => sql.ref(`c.${column}`)))}])[r.silent_from] end`

/**
 * Two thirds of a life too short for period and overlap, else the period: planRotation in days, which are whole, so
 * that rounding down comes to the same.
 */
const DUE_DAY = sql`
  case when r.rotation_days + r.overlap_days - 1 <= c.life_days then c.issue_day + r.rotation_days
    else least(c.issue_day + r.rotation_days, c.two_thirds_day) end`

const BY: Record<Grouping, RawBuilder<unknown>> = {
  model: sql`s.model_id::text`,
  group: sql`s.group_id::text`,
  country: sql`s.country`,
  policy: sql`s.policy_id::text`,
}

const reckonCells = (query: ForecastQuery, other: OtherSettings | undefined) => sql`
  select ${BY[query.by ?? DEFAULT_GROUPING]} as by_id, c.devices, c.end_day, c.is_ended,
    case when c.end_day is not null then greatest(d.due_day, newest.today) end as due_day,
    ${AT_RISK} as at_risk,
    newest.today
  from newest
  join forecast_segment s using (generation)
  join (
    select rule.*, ${silentFromInSql(sql`rule.check_in_seconds`)} as silent_from,
      floor(extract(epoch from rule.since) / 86400)::int as since_day
    from (${rulesOfPolicies(other)}) rule
  ) r using (policy_id)
  join forecast_cell c on c.generation = s.generation and c.segment = s.segment
  cross join lateral (select ${DUE_DAY} as due_day) d
  where ${conditionOf(query)}`

/** A filter reads the finest counts; without one, the sums by the grouping are there. */
function conditionOf({ by, modelId, groupId, country }: ForecastQuery): RawBuilder<unknown> {
  const filters = [
    ...(modelId === undefined ? [] : [sql`s.model_id = ${modelId}::uuid`]),
    ...(groupId === undefined ? [] : [sql`s.group_id = ${groupId}::uuid`]),
    ...(country === undefined ? [] : [sql`s.country = ${country}`]),
  ]
  const kind = filters.length > 0 ? 'all' : (by ?? DEFAULT_GROUPING)
  return sql.join([sql`s.kind = ${kind}`, ...filters], sql` and `)
}

const willFailIn = (days: number) => sql`
  coalesce(sum(at_risk) filter (where end_day <= today + ${sql.lit(days)}), 0)`

const TOTALS = sql`
  coalesce(sum(devices), 0) as devices,
  coalesce(sum(devices) filter (where is_ended), 0) as "failedAlready",
  ${willFailIn(7)} as "in7Days", ${willFailIn(14)} as "in14Days", ${willFailIn(30)} as "in30Days"`

const NAMES: Record<Grouping, RawBuilder<unknown>> = {
  model: sql`(select make || ' ' || model from device_model where model_id::text = by_id)`,
  group: sql`(select name from device_group where group_id::text = by_id)`,
  country: sql`by_id`,
  policy: sql`(select name from policy where policy_id::text = by_id)`,
}

/** Those who will lose the most first. What is in no group, or of no country yet, has no id and no name. */
const nameGroups = (by: Grouping) => sql`
  select by_id as id, coalesce(${NAMES[by]}, '') as name, devices, "failedAlready", "in7Days", "in14Days",
    "in30Days"
  from grouped order by "in30Days" desc, devices desc, by_id`

function toForecast(answer: Answer, days: number): Forecast {
  const { at, today, totals } = answer
  const { devices, failedAlready, in7Days, in14Days, in30Days } = totals ?? NOBODY
  const ends = new Map(answer.ends?.map(([day, ...counts]) => [day, counts]))
  const dues = new Map(answer.dues)
  return {
    at: new Date(at).toISOString(),
    devices,
    failedAlready,
    willFail: { in7Days, in14Days, in30Days },
    days: Array.from({ length: days }, (_, ahead) => {
      const [ending, atRisk] = ends.get(today + ahead) ?? [0, 0]
      const day = new Date((today + ahead) * DAY_MS).toISOString().slice(0, 10)
      return { day, ending, atRisk, due: dues.get(today + ahead) ?? 0 }
    }),
    groups: [...(answer.groups ?? [])],
  }
}
