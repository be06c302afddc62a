import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import '../devices/device-tables.ts'
import './policy-tables.ts'

/**
 * How many registered devices follow each policy, by model and group.
 *
 * Devices are counted by model and group from an index alone, and each pair is given its policy afterwards;
 * those few that have a policy of their own are taken out of their pair and counted by themselves.
 */
export interface Followers {
  readonly policyId: string
  readonly modelId: string
  readonly groupId: string | null
  readonly devices: number
}

export async function countFollowers(database: Database): Promise<readonly Followers[]> {
  const { rows } = await sql<Followers>`
    with own as (
      select d.model_id, d.group_id, a.policy_id, count(*) as devices
      from policy_assignment a join device d on d.device_id = a.target_id
      where a.scope = 'device' and d.state = 'registered'
      group by 1, 2, 3
    ), counted as (
      select model_id, group_id, null::uuid as own_policy_id, count(*) as devices
      from device where state = 'registered' group by model_id, group_id
      union all select model_id, group_id, null, -devices from own
      union all select model_id, group_id, policy_id, devices from own
    )
    select coalesce(c.own_policy_id, g.policy_id, m.policy_id, f.policy_id) as "policyId",
      c.model_id as "modelId", c.group_id as "groupId", sum(c.devices)::bigint as devices
    from counted c
    left join policy_assignment g on g.scope = 'group' and g.target_id = c.group_id
    left join policy_assignment m on m.scope = 'model' and m.target_id = c.model_id
    join policy_assignment f on f.scope = 'fleet'
    group by 1, 2, 3
    having sum(c.devices) > 0`.execute(database)
  return rows
}
