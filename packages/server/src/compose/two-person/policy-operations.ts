import type { PolicyScope } from '@sanad/protocol/domain/policy-scopes'
import {
  KEY_LIFE_SETTINGS,
  type NewPolicyAssignment,
  type PolicyChange,
  type PolicySettings,
  isSameKeyLife,
} from '@sanad/protocol/operator-api/policies'
import { type RawBuilder, sql } from 'kysely'
import type { PolicyForesight } from '../../foresight/policy-foresight.ts'
import type { ProposedInput } from '../../operators/proposals/proposal-tables.ts'
import type { Radius, TwoPersonOperation } from '../../operators/proposals/two-person-operation.ts'
import { readLatestVersion } from '../../policies/policy-view.ts'
import { FLEET_TARGET } from '../../policies/policy-tables.ts'
import type { DeviceParts } from './device-operations.ts'
import { change, differences } from './radius.ts'

/** Policies that change the life of keys, or whom such a policy rules. */

export interface PolicyParts extends DeviceParts {
  readonly foresight: Pick<PolicyForesight, 'countEffects'>
}

const policyOf = ({ params }: ProposedInput): string =>
  (params as { readonly policyId: string }).policyId

export const changePolicyOperation = (parts: PolicyParts): TwoPersonOperation => ({
  async kindOf(input) {
    const { settings } = input.body as PolicyChange
    const latest = await readLatestVersion(parts.database, policyOf(input))
    return isSameKeyLife(latest.settings, settings) ? undefined : 'key-life'
  },
  permissions: () => ['policy:manage'],
  target: (input) => `policy:${policyOf(input)}`,
  readRadius: (input) => readChange(parts, policyOf(input), input.body as PolicyChange),
})

async function readChange(
  { database, foresight }: PolicyParts,
  policyId: string,
  { settings }: PolicyChange,
): Promise<Radius> {
  const latest = await readLatestVersion(database, policyId)
  const [effects, connected] = await Promise.all([
    foresight.countEffects(policyId, settings),
    countConnected(database, sql`true`, policyId),
  ])
  const { devices, isAll, dueAtOnce, couldNotRecover } = effects
  return {
    devices,
    connected,
    subject: await nameOf(database, policyId),
    effects: [
      { effect: 'keys-change-life', devices, when: 'next-check-in' },
      ...ifAny('keys-due-at-once', dueAtOnce, isAll),
      ...ifAny('recovery-ends', couldNotRecover, isAll),
    ],
    changes: [
      change('version', String(latest.version), String(latest.version + 1)),
      ...differences(Object.keys(settings), latest.settings, settings),
    ],
  }
}

/** None of those that were counted says nothing of the others. */
const ifAny = (
  effect: Radius['effects'][number]['effect'],
  devices: number,
  isAll: boolean,
): Radius['effects'] =>
  devices === 0 && isAll
    ? []
    : [{ effect, devices, when: 'next-check-in', ...(!isAll && { isAtLeast: true }) }]

interface Assignment {
  readonly policyId: string
  readonly scope: PolicyScope
  /** Undefined for the whole fleet. */
  readonly targetId: string | undefined
}

function assigned({ params, body }: ProposedInput): Assignment {
  const { policyId } = params as { readonly policyId: string }
  const { scope, targetId } = body as NewPolicyAssignment
  return { policyId, scope, targetId }
}

function unassigned({ params }: ProposedInput): Assignment {
  const { policyId, scope, targetId } = params as {
    readonly policyId: string
    readonly scope: PolicyScope
    readonly targetId: string
  }
  return { policyId, scope, targetId }
}

const assignment = (
  parts: PolicyParts,
  read: (input: ProposedInput) => Assignment,
  isGiven: boolean,
): TwoPersonOperation => ({
  async kindOf(input) {
    const { policyId, targetId } = read(input)
    // The policy of the fleet is replaced, not removed: the operation itself says so.
    if (targetId === 'all') return undefined
    const { settings } = await readLatestVersion(parts.database, policyId)
    const others = await readSettingsInForce(parts)
    return others.every((other) => isSameKeyLife(other, settings)) ? undefined : 'key-life'
  },
  permissions: () => ['policy:manage'],
  target: (input) => {
    const { scope, targetId } = read(input)
    return `policy-of:${scope}:${targetId ?? 'all'}`
  },
  readRadius: (input) => readAssignment(parts, read(input), isGiven),
})

export const assignPolicyOperation = (parts: PolicyParts): TwoPersonOperation =>
  assignment(parts, assigned, true)

export const unassignPolicyOperation = (parts: PolicyParts): TwoPersonOperation =>
  assignment(parts, unassigned, false)

/**
 * Of every policy that rules anything. Which of them a target would leave hangs on its group and model; where all
 * give keys the same life, an assignment cannot change it.
 */
async function readSettingsInForce({ database }: PolicyParts): Promise<readonly PolicySettings[]> {
  const { rows } = await sql<{ settings: PolicySettings }>`
    select distinct on (v.policy_id) v.settings
    from policy_version v where v.policy_id in (select policy_id from policy_assignment)
    order by v.policy_id, v.version desc`.execute(database)
  return rows.map(({ settings }) => settings)
}

async function readAssignment(
  { database }: PolicyParts,
  { policyId, scope, targetId }: Assignment,
  isGiven: boolean,
): Promise<Radius> {
  const { settings } = await readLatestVersion(database, policyId)
  const condition = conditionOf(scope, targetId)
  const { rows } = await sql<{ devices: number; name: string | null; before: string | null }>`
    select (select count(*) from device d where d.state = 'registered' and ${condition}) as devices,
      ${nameOfTarget(scope, targetId)} as name,
      (select p.name from policy_assignment a join policy p using (policy_id)
        where a.scope = ${scope} and a.target_id = ${targetId ?? FLEET_TARGET}::uuid) as before`.execute(
    database,
  )
  const [{ devices, name, before } = { devices: 0, name: null, before: null }] = rows
  const policy = await nameOf(database, policyId)
  return {
    devices,
    connected: await countConnected(database, condition),
    subject: name ?? scope,
    effects: [{ effect: 'keys-change-life', devices, when: 'next-check-in' }],
    changes: [
      change('policy', before, isGiven ? policy : null),
      ...KEY_LIFE_SETTINGS.map((member) =>
        isGiven
          ? change(member, null, String(settings[member]))
          : change(member, String(settings[member]), null),
      ),
    ],
  }
}

function conditionOf(scope: PolicyScope, targetId: string | undefined): RawBuilder<unknown> {
  if (scope === 'model') return sql`d.model_id = ${targetId}::uuid`
  if (scope === 'group') return sql`d.group_id = ${targetId}::uuid`
  return scope === 'device' ? sql`d.device_id = ${targetId}::uuid` : sql`true`
}

function nameOfTarget(scope: PolicyScope, targetId: string | undefined): RawBuilder<unknown> {
  if (scope === 'model')
    return sql`(select make || ' ' || model from device_model where model_id = ${targetId}::uuid)`
  if (scope === 'group')
    return sql`(select name from device_group where group_id = ${targetId}::uuid)`
  return scope === 'device'
    ? sql`(select serial_no from device where device_id = ${targetId}::uuid)`
    : sql`null`
}

async function nameOf(database: PolicyParts['database'], policyId: string): Promise<string | null> {
  const { rows } = await sql<{ name: string }>`
    select name from policy where policy_id = ${policyId}::uuid`.execute(database)
  return rows[0]?.name ?? null
}

/** Those connected are few beside a fleet: each is looked up. */
async function countConnected(
  database: PolicyParts['database'],
  condition: RawBuilder<unknown>,
  policyId?: string,
): Promise<number> {
  const follows =
    policyId === undefined
      ? sql`true`
      : sql`coalesce(own.policy_id, ofgroup.policy_id, ofmodel.policy_id, fleet.policy_id) = ${policyId}::uuid`
  const { rows } = await sql<{ connected: number }>`
    select count(*) as connected from channel_device k join device d using (device_id)
    left join policy_assignment own on own.scope = 'device' and own.target_id = d.device_id
    left join policy_assignment ofgroup on ofgroup.scope = 'group' and ofgroup.target_id = d.group_id
    left join policy_assignment ofmodel on ofmodel.scope = 'model' and ofmodel.target_id = d.model_id
    join policy_assignment fleet on fleet.scope = 'fleet'
    where d.state = 'registered' and ${condition} and ${follows}`.execute(database)
  return rows[0]?.connected ?? 0
}
