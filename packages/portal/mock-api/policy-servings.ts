import type { PolicyView } from '@sanad/protocol/operator-api/policies'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, uuidOf } from './fleet.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

/** @throws SanadError `policy.not-found` */
function find(world: World, policyId: string): PolicyView {
  const found = world.keys.policies.find((policy) => policy.policyId === policyId)
  if (found === undefined) throw new SanadError('policy.not-found')
  return found
}

function nameOf(world: World, targetId: string): string | null {
  const group = world.keys.groups.find((each) => each.groupId === targetId)
  const model = world.models.find((each) => each.modelId === targetId)
  return group?.name ?? (model === undefined ? null : `${model.make} ${model.model}`)
}

type Target = Pick<PolicyView['assignments'][number], 'scope' | 'targetId'>

/** A target follows one policy: it leaves the one that it had. */
function assign(world: World, policyId: string | undefined, { scope, targetId }: Target): void {
  const name = targetId === null ? null : nameOf(world, targetId)
  world.keys.policies = world.keys.policies.map((policy) => {
    const others = policy.assignments.filter(
      (each) => each.scope !== scope || each.targetId !== targetId,
    )
    const own = policy.policyId === policyId ? [{ scope, targetId, name }] : []
    return { ...policy, assignments: [...others, ...own] }
  })
}

export const POLICY_SERVINGS = {
  listPolicies: ({ world }) => ({
    items: world.keys.policies.map(({ versions: _versions, ...item }) => item),
  }),
  readPolicy: ({ world, params }) => find(world, params.policyId),
  createPolicy: ({ world, body: { name, settings } }) => {
    if (world.keys.policies.some((policy) => policy.name === name))
      throw new SanadError('policy.duplicate')
    const changedAt = iso(Date.now())
    const first = { version: 1, settings, createdAt: changedAt, createdBy: 'Aster Bekele' }
    const policy = {
      policyId: uuidOf(`policy ${name}`),
      name,
      version: 1,
      settings,
      changedAt,
      assignments: [],
      devices: 0,
      versions: [first],
    }
    world.keys.policies = [...world.keys.policies, policy]
    return policy
  },
  previewPolicy: ({ world, body: { settings } }) => world.keys.preview(settings),
  changePolicy: ({ world, params: { policyId }, body: { settings, version } }) => {
    if (find(world, policyId).version !== version) throw new SanadError('request.conflict')
    world.keys.change(policyId, settings)
    return find(world, policyId)
  },
  assignPolicy: ({ world, params: { policyId }, body: { scope, targetId = null } }) => {
    find(world, policyId)
    assign(world, policyId, { scope, targetId })
    return find(world, policyId)
  },
  unassignPolicy: ({ world, params: { policyId, scope, targetId } }) => {
    assign(world, undefined, { scope, targetId: targetId === 'all' ? null : targetId })
    return find(world, policyId)
  },
} satisfies MockServings
