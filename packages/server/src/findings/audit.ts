import { sql } from 'kysely'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { Hsm } from '../hsm/hsm.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { sequenceEvents } from '../record/sequencer.ts'
import type { AuditFacts, Check } from './check.ts'

/**
 * Compares the fleet with what should be. Each check is one statement: it finds its cases, opens what is new, and
 * resolves what is over. Neither this process nor the network sees the devices, so it takes the same memory for a
 * million.
 */

export interface AuditParts {
  readonly database: Database
  readonly hsm: Pick<Hsm, 'health'>
  readonly clock: Clock
}

/** A check that fails does not keep the others from being done; the first failure is thrown at the end. */
export async function runChecks(
  { database, hsm, clock }: AuditParts,
  checks: readonly Check[],
  signal?: AbortSignal,
): Promise<void> {
  const failures: unknown[] = []
  // So that the checks see what was recorded a moment ago.
  await sequenceEvents(database).catch((error: unknown) => failures.push(error))
  for (const check of checks) {
    if (signal?.aborted === true) return
    const facts = { now: new Date(clock()), hsm: hsm.health() }
    await runCheck(database, check, facts).catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

export async function runCheck(database: Database, check: Check, facts: AuditFacts): Promise<void> {
  const { name } = check
  await database.transaction().execute(async (tx) => {
    // One at a time, by whatever process: two would resolve what the other opens.
    await sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${name}))`.execute(tx)
    await sql`set local work_mem = '64MB'`.execute(tx)
    await sql`set local statement_timeout = '600s'`.execute(tx)
    // What stays as it was is not written: an audit of a fleet in trouble must not write a million rows each day.
    await sql`
      with found as materialized (
        select distinct on (subject) subject, device_id, label, at from (${check.find(facts)}) one
        order by subject, at
      ), opened as (
        insert into finding (check_name, subject, device_id, label, at, first_seen_at)
        select ${name}, found.subject, found.device_id, found.label, found.at, ${facts.now}
        from found left join finding known on known.check_name = ${name} and known.subject = found.subject
        where known.subject is null or known.resolved_at is not null
          or (known.at, known.label) is distinct from (found.at, found.label)
        on conflict (check_name, subject) do update
          set device_id = excluded.device_id, label = excluded.label, at = excluded.at, resolved_at = null,
            first_seen_at =
              case when finding.resolved_at is null then finding.first_seen_at else excluded.first_seen_at end
      ), resolved as (
        update finding set resolved_at = ${facts.now}
        where check_name = ${name} and resolved_at is null
          and not exists (select from found where found.subject = finding.subject)
      )
      insert into finding_check (check_name, done_at, found, took_ms)
      select ${name}, ${facts.now}, count(*),
        (extract(epoch from clock_timestamp() - statement_timestamp()) * 1000)::int
      from found
      on conflict (check_name) do update
        set done_at = excluded.done_at, found = excluded.found, took_ms = excluded.took_ms`.execute(
      tx,
    )
  })
}

const LOCK = 7_340_071

/** What has been over for so long is of no use to anybody; the record of effects has the effects. */
const KEPT_MS = 90 * DAY_MS

export async function forgetResolved({ database, clock }: AuditParts): Promise<void> {
  await sql`delete from finding where resolved_at < ${new Date(clock() - KEPT_MS)}`.execute(
    database,
  )
}
