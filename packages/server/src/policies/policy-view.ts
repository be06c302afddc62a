import type {
  PolicyAssignment,
  PolicyListItem,
  PolicySettings,
  PolicyVersionView,
  PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { instant } from '../platform/instant.ts'
import type { Database } from '../platform/database.ts'
import '../devices/device-tables.ts'
import '../operators/operator-tables.ts'
import { type Followers, countFollowers } from './followers.ts'

/** Policies as operators read them. */

interface Row {
  readonly policyId: string
  readonly name: string
  readonly version: number
  readonly settings: PolicySettings
  readonly createdAt: Date
}

export async function listPolicies(database: Database): Promise<PolicyListItem[]> {
  const { rows } = await sql<Row>`
    select * from (
      select distinct on (p.policy_id) p.policy_id as "policyId", p.name, v.version, v.settings,
        v.created_at as "createdAt"
      from policy p join policy_version v using (policy_id)
      order by p.policy_id, v.version desc
    ) latest order by lower(name)`.execute(database)
  const assignments = await readAssignments(database)
  const followers = await countFollowers(database)
  return rows.map(({ createdAt, ...row }) => ({
    ...row,
    changedAt: instant(createdAt),
    assignments: assignments.get(row.policyId) ?? [],
    devices: countOf(followers, row.policyId),
  }))
}

const countOf = (followers: readonly Followers[], policyId: string): number =>
  followers.reduce((sum, one) => (one.policyId === policyId ? sum + one.devices : sum), 0)

/** @throws SanadError `policy.not-found` */
export async function readPolicy(database: Database, policyId: string): Promise<PolicyView> {
  const policies = await listPolicies(database)
  const policy = policies.find((one) => one.policyId === policyId)
  if (policy === undefined) throw new SanadError('policy.not-found')
  return { ...policy, versions: await readVersions(database, policyId) }
}

/** The one in force. @throws SanadError `policy.not-found` */
export async function readLatestVersion(
  database: Database,
  policyId: string,
): Promise<Pick<PolicyVersionView, 'version' | 'settings'>> {
  const latest = await database
    .selectFrom('policy_version')
    .select(['version', 'settings'])
    .where('policy_id', '=', policyId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (latest === undefined) throw new SanadError('policy.not-found')
  return latest
}

async function readVersions(database: Database, policyId: string): Promise<PolicyVersionView[]> {
  const rows = await database
    .selectFrom('policy_version as v')
    .leftJoin('operator as o', 'o.operator_id', 'v.created_by')
    .select(['v.version', 'v.settings', 'v.created_at', 'o.name'])
    .where('v.policy_id', '=', policyId)
    .orderBy('v.version', 'desc')
    .execute()
  return rows.map(({ version, settings, created_at: createdAt, name }) => ({
    version,
    settings,
    createdAt: instant(createdAt),
    createdBy: name,
  }))
}

/** Of devices, so many are listed; the count of devices that follow a policy has all of them. */
const MOST_LISTED = 200

async function readAssignments(
  database: Database,
): Promise<ReadonlyMap<string, PolicyAssignment[]>> {
  const { rows } = await sql<PolicyAssignment & { readonly policyId: string }>`
    select policy_id as "policyId", scope, "targetId", name from (
      select *, row_number() over (partition by policy_id, scope order by lower(name)) as nth
      from (
        select a.policy_id, a.scope, case a.scope when 'fleet' then null else a.target_id end as "targetId",
          coalesce(m.make || ' ' || m.model, g.name, d.serial_no) as name
        from policy_assignment a
        left join device_model m on a.scope = 'model' and m.model_id = a.target_id
        left join device_group g on a.scope = 'group' and g.group_id = a.target_id
        left join device d on a.scope = 'device' and d.device_id = a.target_id
      ) named
    ) numbered where nth <= ${MOST_LISTED}::int
    order by array_position(array['fleet', 'model', 'group', 'device'], scope), lower(name)`.execute(
    database,
  )
  const byPolicy = new Map<string, PolicyAssignment[]>()
  for (const { policyId, ...assignment } of rows)
    byPolicy.set(policyId, [...(byPolicy.get(policyId) ?? []), assignment])
  return byPolicy
}
