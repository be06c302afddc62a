import type { GroupDetail } from '@sanad/protocol/operator-api/groups'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'

/** The policy given to the group itself; null where a wider one counts. */
export async function readPolicyOfGroup(
  database: Database,
  groupId: string,
): Promise<GroupDetail['policy']> {
  const { rows } = await sql<NonNullable<GroupDetail['policy']>>`
    select p.policy_id as "policyId", p.name, (
      select max(v.version) from policy_version v where v.policy_id = p.policy_id) as version
    from policy_assignment a join policy p using (policy_id)
    where a.scope = 'group' and a.target_id = ${groupId}::uuid`.execute(database)
  return rows[0] ?? null
}

export async function hasPolicy(tx: DatabaseTransaction, groupId: string): Promise<boolean> {
  const { rows } = await sql`
    select from policy_assignment
    where scope = 'group' and target_id = ${groupId}::uuid`.execute(tx)
  return rows.length > 0
}
