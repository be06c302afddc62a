import { type Actor } from '@sanad/protocol/domain/events'
import { OPTIONAL_KINDS, type TwoPersonKind } from '@sanad/protocol/domain/proposals'
import {
  DEFAULT_TWO_PERSON_RULES,
  type TwoPersonRules,
  type TwoPersonRulesView,
} from '@sanad/protocol/operator-api/proposals'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../../platform/database.ts'
import { recordEvents } from '../../record/record-events.ts'
import './proposal-tables.ts'

/** Which operations two people decide: a setting that two people change. */

/**
 * Writes the rules that a new installation begins with. Later starts change nothing: from then on the rules are
 * changed at the operators’ door, by two people.
 */
export async function beginTwoPersonRules(
  database: Database,
  kinds: readonly TwoPersonKind[] = DEFAULT_TWO_PERSON_RULES.kinds,
): Promise<void> {
  const { validHours, delayMinutes } = DEFAULT_TWO_PERSON_RULES
  await sql`
    insert into two_person_rules (kinds, valid_hours, delay_minutes)
    values (${kinds}::text[], ${validHours}, ${delayMinutes}) on conflict do nothing`.execute(
    database,
  )
}

/** Those of a new installation where none were written yet. */
export async function readTwoPersonRules(
  database: Database | DatabaseTransaction,
): Promise<TwoPersonRules> {
  const row = await database.selectFrom('two_person_rules').selectAll().executeTakeFirst()
  if (row === undefined) return DEFAULT_TWO_PERSON_RULES
  return {
    kinds: OPTIONAL_KINDS.filter((kind) => row.kinds.includes(kind)),
    validHours: row.valid_hours,
    delayMinutes: row.delay_minutes,
  }
}

export async function viewTwoPersonRules(database: Database): Promise<TwoPersonRulesView> {
  const { rows } = await sql<{ officers: number }>`
    select count(*) as officers from operator
    where ${OFFICER}`.execute(database)
  return { ...(await readTwoPersonRules(database)), officers: rows[0]?.officers ?? 0 }
}

/** An account that can decide about what another proposes: active, of a role that may, and used before. */
export const OFFICER = sql<boolean>`state = 'active' and role in ('administrator', 'security-officer')
  and last_signed_in_at is not null and password_hash is not null and not must_change_password`

/** In force for the next operation. Saying what is in force already changes nothing. */
export async function changeTwoPersonRules(
  database: Database,
  { kinds, validHours, delayMinutes }: TwoPersonRules,
  actor: Actor,
): Promise<TwoPersonRulesView> {
  const sorted = OPTIONAL_KINDS.filter((kind) => kinds.includes(kind))
  await database.transaction().execute(async (tx) => {
    const { rows } = await sql`
      insert into two_person_rules as rules (kinds, valid_hours, delay_minutes)
      values (${sorted}::text[], ${validHours}, ${delayMinutes})
      on conflict (only_row) do update set kinds = excluded.kinds, valid_hours = excluded.valid_hours,
        delay_minutes = excluded.delay_minutes
      where (rules.kinds, rules.valid_hours, rules.delay_minutes)
        is distinct from (excluded.kinds, excluded.valid_hours, excluded.delay_minutes)
      returning 1`.execute(tx)
    if (rows.length === 0) return
    const data = { kinds: sorted, validHours, delayMinutes }
    await recordEvents(tx, [{ type: 'two-person-rules.changed', actor, data }])
  })
  return viewTwoPersonRules(database)
}
