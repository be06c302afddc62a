import type { PolicyPreview, PolicySettings } from '@sanad/protocol/operator-api/policies'
import { serve } from '../platform/serve.ts'
import type { PolicyRegistry } from './policy-registry.ts'

export interface PoliciesRoutesOptions {
  readonly policies: PolicyRegistry
  /** Handed in, because it is above. */
  readonly preview: (policyId: string, proposed: PolicySettings) => Promise<PolicyPreview>
}

export const policiesRoutes = ({ policies, preview }: PoliciesRoutesOptions) =>
  serve({
    listPolicies: async () => ({ items: await policies.list() }),
    createPolicy: ({ body, operator }) => policies.create(body, operator.operatorId),
    readPolicy: ({ params }) => policies.read(params.policyId),
    previewPolicy: ({ params, body }) => preview(params.policyId, body.settings),
    changePolicy: ({ params, body, operator }) =>
      policies.change(params.policyId, body, operator.operatorId),
    assignPolicy: ({ params, body, operator }) =>
      policies.assign(params.policyId, body, operator.operatorId),
    unassignPolicy: ({ params: { policyId, scope, targetId }, operator }) =>
      policies.unassign(policyId, scope, targetId, operator.operatorId),
  })
