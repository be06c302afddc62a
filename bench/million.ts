import type pg from 'pg'
import { initialPolicyOf, readPolicy } from '../packages/server/src/platform/config.ts'
import { PolicyBook } from '../packages/server/src/policies/policy-book.ts'
import { registerFleet } from './fleet.ts'
import { createModels, openProvider } from './provider.ts'
import type { Site } from './site.ts'

/**
 * A country’s fleet, written by SQL: registered devices of 12 models in 40 groups of 5 countries, their
 * certificates, last check-ins and events. Copies of one real device: the same rows of the same size.
 *
 * The rotation period is 30 days and certificates last 40. Most keys are as old as their rotation lets them be;
 * a few devices have been away, a few certificates are at their end.
 */
async function fillFleet(pool: pg.Pool, devices: number): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(SETTINGS)
    const { rows } = await client.query<{ name: string; definition: string }>(INDEXES)
    for (const { name } of rows) await client.query(`drop index ${name}`)
    for (const step of STEPS) await client.query(step.replaceAll('$devices', String(devices)))
    for (const { definition } of rows) await client.query(definition)
    await client.query('vacuum analyze')
  } finally {
    client.release(true)
  }
}

/** One device registers; all others are copies of it. */
export async function makeCountry(site: Site, devices: number): Promise<void> {
  const { database, pool } = site.database
  const models = await createModels(site)
  {
    await using provider = await openProvider(site)
    await registerFleet(site, provider, models, 'L0', 1)
  }
  await PolicyBook.open(database, initialPolicyOf(readPolicy({})))
  await fillFleet(pool, devices)
}

/** The server's daily work is not to run beside what is measured. */
export const postponeDailyWork = (pool: pg.Pool): Promise<unknown> =>
  pool.query(`insert into scheduled_job (name, due_at)
    select unnest('{forecast,audit,audit-hourly}'::text[]), now() + interval '1 day'
    on conflict (name) do update set due_at = excluded.due_at`)

// A load of a million rows does not look up the foreign keys of each, and the indexes are made afterwards.
const SETTINGS = `set statement_timeout = 0; set work_mem = '256MB'; set maintenance_work_mem = '256MB';
  set session_replication_role = replica; set synchronous_commit = off`
const INDEXES = `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index where not indisunique and indrelid in
    ('device'::regclass, 'certificate_intent'::regclass, 'device_certificate'::regclass, 'event'::regclass)`

const AGE_DAYS = `case when n % 1000 < 960 then random() * 30 when n % 1000 < 996 then 30 + random() * 10
  else 40 + random() * 4 end`
const SILENT_HOURS = `case when n % 100 < 97 then random() * 24 else random() * 480 end`

const STEPS = [
  `create table bench_template as
    select c.der, c.provider_certificate_id, c.device_id, d.model_id
    from device_certificate c join device d using (device_id) where c.status = 'active' limit 1`,
  `insert into device_model (model_id, make, model, device_type, device_sub_type, level, device_provider,
      device_provider_id, l0_policy)
    select gen_random_uuid(), m.make, 'Bench ' || n, m.device_type, m.device_sub_type, 'L0', m.device_provider,
      m.device_provider_id, 'operator-approval'
    from bench_template t join device_model m using (model_id), generate_series(1, 12) n`,
  `insert into provider_certificate (id, country, environment, thumbprint_sha256, hsm_key_id, crl_name,
      organisation, not_before, not_after, der, issuers, imported_at)
    select gen_random_uuid(), code, 'bench', 'bench-' || code, hsm_key_id, crl_name, organisation,
      now() - interval '100 days', now() + interval '265 days', p.der, issuers, now()
    from bench_template t join provider_certificate p on p.id = t.provider_certificate_id,
      unnest('{MA,PH,ET,LK,TG}'::text[]) code`,
  `insert into device_group (group_id, name, country, environment)
    select gen_random_uuid(), 'Bench ' || n, (array['MA','PH','ET','LK','TG'])[1 + n % 5], 'bench'
    from generate_series(1, 40) n`,
  `create table bench_device as
    with models as (
      select array_agg(model_id order by model) as ids from device_model where model like 'Bench %'
    ), groups as (
      select array_agg(g.group_id order by g.group_id) as ids, array_agg(p.id order by g.group_id) as providers
      from device_group g
      join provider_certificate p on p.country = g.country and p.environment = g.environment
      where g.name like 'Bench %'
    ), drawn as (
      select n, 1 + floor(random() * 12)::int as model, 1 + floor(random() * 40)::int as device_group,
        ${AGE_DAYS} as age_days, ${SILENT_HOURS} as silent_hours
      from generate_series(1, $devices) n
    )
    select n, gen_random_uuid() as device_id, models.ids[model] as model_id, groups.ids[device_group] as group_id,
      groups.providers[device_group] as provider_id,
      encode(sha256(convert_to('million' || n, 'UTF8')), 'hex') as sha256,
      date_trunc('milliseconds', now() - make_interval(secs => age_days * 86400)) as issued_at,
      now() - make_interval(secs => silent_hours * 3600) as seen_at
    from drawn, models, groups`,
  `insert into device (device_id, model_id, serial_no, state, registered_at, group_id)
    select device_id, model_id, 'EXG' || lpad(n::text, 12, '0'), 'registered', issued_at, group_id
    from bench_device`,
  `insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state,
      planned_at, settled_at, common_name, crl_shard, crl_url, not_before, not_after)
    select left(sha256, 32), device_id, sha256, provider_id, 'issued', issued_at, issued_at, 'bench', n % 128,
      'https://bench.example', issued_at, issued_at + interval '960 hours'
    from bench_device`,
  `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
      provider_certificate_id, not_before, not_after, issued_at, crl_shard, der)
    select sha256, left(sha256, 32), b.device_id, sha256, provider_id, issued_at,
      date_trunc('seconds', issued_at + interval '960 hours'), issued_at, n % 128, t.der
    from bench_device b, bench_template t`,
  `insert into device_presence (device_id, last_seq, last_check_in_at, device_status, service_version, firmware)
    select device_id, 1, seen_at, 'Ready', '2.4.1', '2.4.1' from bench_device`,
  `begin;
  create temporary table numbered on commit drop as
    select b.*, h.last_seq + n as seq from bench_device b, event_head h;
  update event_head set last_seq = last_seq + $devices, last_at = greatest(last_at, clock_timestamp());
  insert into event (seq, type, at, device_id, actor, canonical, leaf_hash)
    select seq, 'certificate.issued', issued_at, device_id, 'server', canonical,
      sha256('\\x00'::bytea || canonical)
    from numbered, lateral (select convert_to(json_build_object('actor', 'server', 'at', issued_at,
      'data', json_build_object('notAfter', issued_at, 'notBefore', issued_at, 'providerCertificateId', provider_id,
        'serialNumber', left(sha256, 32), 'spkiSha256', sha256, 'thumbprintSha256', sha256),
      'deviceId', device_id, 'seq', seq, 'type', 'certificate.issued', 'v', 1)::text, 'UTF8') as canonical) c;
  commit`,
  `drop table bench_device, bench_template`,
]
