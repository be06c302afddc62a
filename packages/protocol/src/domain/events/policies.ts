import Type from 'typebox'
import { Count, Country, Environment, Instant, Label, Sha256, Uuid } from '../../text/fields.ts'
import { Code, on, onMaybeDevice, optional } from './row.ts'
import { POLICY_SCOPES } from '../policy-scopes.ts'

/** Policies, groups, and findings that are not to be shown. */

export const POLICY_EVENTS = {
  'policy.created': on({ policyId: Uuid, name: Label }),
  'policy.changed': on({ policyId: Uuid, version: Count, settingsSha256: Sha256 }),
  'policy.assigned': on({
    policyId: Uuid,
    scope: Type.Enum(POLICY_SCOPES),
    targetId: optional(Uuid),
  }),
  'policy.unassigned': on({
    policyId: Uuid,
    scope: Type.Enum(POLICY_SCOPES),
    targetId: optional(Uuid),
  }),
  'group.created': on({ groupId: Uuid, name: Label }),
  'group.devices-assigned': on({ groupId: optional(Uuid), devices: Count }),
  'group.changed': on({
    groupId: Uuid,
    name: Label,
    country: optional(Country),
    environment: optional(Environment),
  }),
  'group.deleted': on({ groupId: Uuid, name: Label }),

  'finding.suppressed': onMaybeDevice({ findingId: Uuid, check: Code, until: Instant }),
} as const
