import { type RawBuilder, sql } from 'kysely'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'

/** Policies in SQL: what each one asks for, and which one a device follows. */

export interface OtherSettings {
  readonly policyId: string
  readonly settings: PolicySettings
}

/**
 * A row for each policy: its latest version, since when that is in force, and the settings that matter here.
 * One policy may be looked at under other settings, as if they were in force from now on.
 */
export function rulesOfPolicies(other?: OtherSettings): RawBuilder<unknown> {
  const isOther = other === undefined ? sql`false` : sql`latest.policy_id = ${other.policyId}::uuid`
  const settings = other === undefined ? null : JSON.stringify(other.settings)
  return sql`
    select policy_id, since,
      (settings->>'rotationDays')::int as rotation_days,
      (settings->>'overlapDays')::int as overlap_days,
      (settings->>'checkInSeconds')::int as check_in_seconds,
      (settings->>'longestOfflineDays')::int as longest_offline_days,
      (settings->>'minimumKeyBits')::int as minimum_key_bits
    from (
      select latest.policy_id,
        case when ${isOther} then clock_timestamp() else latest.created_at end as since,
        case when ${isOther} then ${settings}::jsonb else latest.settings end as settings
      from (
        select distinct on (policy_id) policy_id, created_at, settings
        from policy_version order by policy_id, version desc
      ) latest
    ) version`
}

/**
 * The narrowest counts: device, then group, then model, then fleet; as PolicyBook.policyOf decides. Joins to
 * `device d`; the policy is {@link POLICY_OF_DEVICE}.
 */
export const JOIN_POLICY_OF_DEVICE = sql`
  left join policy_assignment of_device on of_device.scope = 'device' and of_device.target_id = d.device_id
  left join policy_assignment of_group on of_group.scope = 'group' and of_group.target_id = d.group_id
  left join policy_assignment of_model on of_model.scope = 'model' and of_model.target_id = d.model_id
  join policy_assignment of_fleet on of_fleet.scope = 'fleet'`

export const POLICY_OF_DEVICE = sql`
  coalesce(of_device.policy_id, of_group.policy_id, of_model.policy_id, of_fleet.policy_id)`
