import { sql } from 'kysely'
import { sequenceEvents } from '../record/sequencer.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { JOIN_POLICY_OF_DEVICE, POLICY_OF_DEVICE } from '../policies/policies-in-force.ts'
import { SILENT_COLUMNS, silenceInSql } from './silence.ts'

/**
 * Counts the registered devices again. One statement reads the fleet; the new generation is there as a whole at
 * the commit, and the one before it is gone.
 */
export async function refreshForecast(database: Database, now: number): Promise<void> {
  // Else policies and groups that are counted here would seem to have changed later.
  await sequenceEvents(database)
  await database.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx)
    // Groups of a million devices are put together in memory, not on disk; and not sixty seconds, but as long
    // as it takes.
    await sql`set local work_mem = '128MB'`.execute(tx)
    await sql`set local statement_timeout = '600s'`.execute(tx)
    await countDevices(tx, new Date(now))
    await sql`delete from forecast_cell
      where generation < (select max(generation) from forecast_generation)`.execute(tx)
    await sql`delete from forecast_generation
      where generation < (select max(generation) from forecast_generation)`.execute(tx)
  })
}

const LOCK = 7_340_070

async function countDevices(tx: DatabaseTransaction, at: Date): Promise<void> {
  await sql`
    with made as (
      insert into forecast_generation (taken_at, last_seq)
      select ${at}::timestamptz, last_seq from event_head returning generation
    ), counted as materialized (
      select model_id, group_id, country, policy_id, ${FACTS}, count(*) as devices, ${COUNTS_OF_SILENT}
      from (${factsOfDevices(at)}) seen
      group by model_id, group_id, country, policy_id, ${FACTS}
    ), summed as materialized (
      select *, dense_rank() over (order by kind, model_id, group_id, country, policy_id) as segment
      from (${sumByGrouping}) by_grouping
    ), segments as (
      insert into forecast_segment (generation, segment, kind, model_id, group_id, country, policy_id)
      select distinct generation, segment, kind, model_id, group_id, country, policy_id from made, summed
    )
    insert into forecast_cell (generation, segment, ${FACTS}, devices, ${COLUMNS_OF_SILENT})
    select generation, segment, ${FACTS}, devices, ${COLUMNS_OF_SILENT} from made, summed`.execute(
    tx,
  )
  await sql`analyze forecast_segment, forecast_cell`.execute(tx)
}

/** What decides about a certificate, beside the silence of its device. */
const FACTS = sql`end_day, issue_day, life_days, two_thirds_day, has_longer_issuer, is_ended`

const COUNTS_OF_SILENT = sql.join(
  SILENT_COLUMNS.map(
    (column, step) => sql`count(*) filter (where silence > ${sql.lit(step)}) as ${sql.ref(column)}`,
  ),
)
const COLUMNS_OF_SILENT = sql.join(SILENT_COLUMNS.map((column) => sql.ref(column)))
const SUMS_OF_SILENT = sql.join(
  SILENT_COLUMNS.map((column) => sql`sum(${sql.ref(column)})::int as ${sql.ref(column)}`),
)

/** By everything, for those who filter; and by each grouping alone, for those who do not. */
const sumByGrouping = sql`
  select
    case grouping(model_id, group_id, country)
      when 0 then 'all' when 3 then 'model' when 5 then 'group' when 6 then 'country' else 'policy' end as kind,
    model_id, group_id, country, policy_id, ${FACTS}, sum(devices)::int as devices, ${SUMS_OF_SILENT}
  from counted
  group by policy_id, ${FACTS},
    grouping sets ((model_id, group_id, country), (model_id), (group_id), (country), ())`

const dayOf = (at: ReturnType<typeof sql>) => sql`floor(date_part('epoch', ${at}) / 86400)::int`

/** A row for each registered device; of its certificate only what can still change. */
const factsOfDevices = (at: Date) => sql`
  select model_id, group_id, country, policy_id,
    case when is_live then ${dayOf(sql`not_after`)} end as end_day,
    case when is_live then ${dayOf(sql`issued_at`)} end as issue_day,
    case when is_live then floor(lasts / 86400)::int end as life_days,
    case when is_live then
      floor((date_part('epoch', issued_at) + lasts * 2 / 3) / 86400)::int end as two_thirds_day,
    case when is_live then silence end as silence,
    case when is_live then not_after < issuer_end end as has_longer_issuer,
    coalesce(not is_live, false) as is_ended
  from (
    select d.model_id, d.group_id, p.country, ${POLICY_OF_DEVICE} as policy_id,
      coalesce(a.not_after, e.not_after) as not_after,
      coalesce(a.issued_at, e.issued_at) as issued_at,
      date_part('epoch', coalesce(a.not_after, e.not_after) - coalesce(a.issued_at, e.issued_at)) as lasts,
      coalesce(a.not_after, e.not_after) > ${at}::timestamptz as is_live,
      i.issuer_end,
      ${silenceInSql(sql`date_part('epoch',
        ${at}::timestamptz - coalesce(s.last_check_in_at, d.registered_at))`)} as silence
    from device d
    ${JOIN_POLICY_OF_DEVICE}
    left join device_certificate a on a.device_id = d.device_id and a.status = 'active'
    left join lateral (
      select x.not_after, x.issued_at, x.provider_certificate_id from device_certificate x
      where a.device_id is null and x.device_id = d.device_id and x.status = 'expired'
      order by x.not_after desc limit 1
    ) e on true
    left join provider_certificate p
      on p.id = coalesce(a.provider_certificate_id, e.provider_certificate_id)
    left join (
      select country, environment, max(not_after) as issuer_end from provider_certificate
      where state = 'active' group by country, environment
    ) i using (country, environment)
    left join device_presence s on s.device_id = d.device_id
    where d.state = 'registered'
  ) device`
