import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { JOIN_POLICY_OF_DEVICE, POLICY_OF_DEVICE } from './policies-in-force.ts'
import { silenceInSql } from './silence.ts'

/**
 * Counts the registered devices anew. One statement reads the fleet; the new generation is there as a whole at
 * the commit, and the one before it is gone.
 */
export function refreshForecast(database: Database, now: number): Promise<void> {
  return database.transaction().execute(async (tx) => {
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
    ), seen as (${factsOfDevices(at)}),
    counted as materialized (
      select model_id, group_id, country, policy_id, end_day, issue_day, life_days, two_thirds_day, silence,
        has_longer_issuer, is_ended, count(*)::int as devices
      from seen group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ), numbered as materialized (
      select model_id, group_id, country, policy_id, row_number() over ()::int as segment
      from counted group by 1, 2, 3, 4
    ), segments as (
      insert into forecast_segment (generation, segment, model_id, group_id, country, policy_id)
      select generation, segment, model_id, group_id, country, policy_id from made, numbered
    )
    insert into forecast_cell (generation, segment, devices, end_day, issue_day, life_days, two_thirds_day,
      silence, has_longer_issuer, is_ended)
    select generation, segment, devices, end_day, issue_day, life_days, two_thirds_day, silence,
      has_longer_issuer, is_ended
    from made, counted join numbered using (model_id, policy_id)
    where numbered.group_id is not distinct from counted.group_id
      and numbered.country is not distinct from counted.country`.execute(tx)
  await sql`analyze forecast_segment, forecast_cell`.execute(tx)
}

const dayOf = (at: ReturnType<typeof sql>) => sql`floor(extract(epoch from ${at}) / 86400)::int`

/** A row for each registered device; of its certificate only what can still change. */
const factsOfDevices = (at: Date) => sql`
  select model_id, group_id, country, policy_id,
    case when is_live then ${dayOf(sql`not_after`)} end as end_day,
    case when is_live then ${dayOf(sql`issued_at`)} end as issue_day,
    case when is_live then floor(lasts / 86400)::int end as life_days,
    case when is_live then
      floor((extract(epoch from issued_at) + lasts * 2 / 3) / 86400)::int end as two_thirds_day,
    case when is_live then silence end as silence,
    case when is_live then not_after < issuer_end end as has_longer_issuer,
    coalesce(not is_live, false) as is_ended
  from (
    select d.model_id, d.group_id, p.country, ${POLICY_OF_DEVICE} as policy_id,
      coalesce(a.not_after, e.not_after) as not_after,
      coalesce(a.issued_at, e.issued_at) as issued_at,
      extract(epoch from coalesce(a.not_after, e.not_after) - coalesce(a.issued_at, e.issued_at)) as lasts,
      coalesce(a.not_after, e.not_after) > ${at}::timestamptz as is_live,
      i.issuer_end,
      ${silenceInSql(sql`extract(epoch from
        ${at}::timestamptz - coalesce(s.last_check_in_at, d.registered_at))::float8`)} as silence
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
