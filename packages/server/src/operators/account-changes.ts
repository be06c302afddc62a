import type { Actor } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { besideEffect } from '../record/beside-effect.ts'
import './operator-tables.ts'

/**
 * Who changed whose account, and when: for a while such two are not two people (docs/two-people.md). What is done on
 * the server’s host is not kept here: a person who may do that needs no second account.
 */

export type AccountChange = 'created' | 'reset' | 'enabled' | 'disabled' | 'role-changed'

/** In the transaction of the change. Where two people decided it, both changed the account. */
export async function noteAccountChange(
  tx: DatabaseTransaction,
  operatorId: string,
  {
    actor,
    what,
    now,
  }: { readonly actor: Actor; readonly what: AccountChange; readonly now: number },
): Promise<void> {
  const [, changedBy] = actor.split('operator:')
  const confirmedBy = besideEffect()?.confirmedBy
  const people = [...new Set([changedBy, confirmedBy])].filter(
    (each) => each !== undefined && each !== operatorId,
  )
  await sql`
    insert into operator_account_change (operator_id, changed_by, what, changed_at)
    select ${operatorId}::uuid, changed_by, ${what}, ${new Date(now)}
    from unnest(${people}::uuid[]) as changed_by
    on conflict (operator_id, changed_by, what) do update set changed_at = excluded.changed_at`.execute(
    tx,
  )
}

export interface Ties {
  /** When one of the two last created, reset, enabled or changed the role of the other. Milliseconds since the epoch. */
  readonly accountChangedAt: number | undefined
  /** When the first disabled the second. Milliseconds since the epoch. */
  readonly disabledAt: number | undefined
}

const NO_TIES: Ties = { accountChangedAt: undefined, disabledAt: undefined }

/** Between one operator and each that they have a tie to, by the id of the other. */
export async function readTies(
  database: Database | DatabaseTransaction,
  operatorId: string,
): Promise<(other: string) => Ties> {
  const { rows } = await sql<{ other: string; changedAt: Date | null; disabledAt: Date | null }>`
    select case when operator_id = ${operatorId}::uuid then changed_by else operator_id end as other,
      max(changed_at) filter (where what <> 'disabled') as "changedAt",
      max(changed_at) filter (where what = 'disabled' and changed_by = ${operatorId}::uuid) as "disabledAt"
    from operator_account_change
    where operator_id = ${operatorId}::uuid or changed_by = ${operatorId}::uuid
    group by 1`.execute(database)
  const ties = new Map(
    rows.map(({ other, changedAt, disabledAt }) => [
      other,
      { accountChangedAt: changedAt?.getTime(), disabledAt: disabledAt?.getTime() },
    ]),
  )
  return (other) => ties.get(other) ?? NO_TIES
}
