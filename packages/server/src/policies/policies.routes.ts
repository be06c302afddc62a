import {
  NewPolicy,
  NewPolicyAssignment,
  PolicyAssignmentParams,
  PolicyChange,
  PolicyIdParams,
  PolicyList,
  PolicyPreview,
  type PolicySettings,
  PolicySettingsBody,
  PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import type { PolicyRegistry } from './policy-registry.ts'

export interface PoliciesRoutesOptions {
  readonly policies: PolicyRegistry
  /** Handed in, because it is above. */
  readonly preview: (policyId: string, proposed: PolicySettings) => Promise<PolicyPreview>
}

export function policiesRoutes({ policies, preview }: PoliciesRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/policies',
      {
        config: { access: 'policy:read' },
        schema: { operationId: 'listPolicies', response: { 200: PolicyList } },
      },
      async () => ({ items: await policies.list() }),
    )

    app.post(
      '/policies',
      {
        config: { access: 'policy:manage' },
        schema: { operationId: 'createPolicy', body: NewPolicy, response: { 201: PolicyView } },
      },
      async (request, reply) => {
        const { operatorId } = operatorOf(request)
        return reply.status(201).send(await policies.create(request.body, operatorId))
      },
    )

    app.get(
      '/policies/:policyId',
      {
        config: { access: 'policy:read' },
        schema: {
          operationId: 'readPolicy',
          params: PolicyIdParams,
          response: { 200: PolicyView },
        },
      },
      async (request) => policies.read(request.params.policyId),
    )

    app.post(
      '/policies/:policyId/preview',
      {
        config: { access: 'policy:read' },
        schema: {
          operationId: 'previewPolicy',
          params: PolicyIdParams,
          body: PolicySettingsBody,
          response: { 200: PolicyPreview },
        },
      },
      async (request) => preview(request.params.policyId, request.body.settings),
    )

    app.post(
      '/policies/:policyId/versions',
      {
        config: { access: 'policy:manage' },
        schema: {
          operationId: 'changePolicy',
          params: PolicyIdParams,
          body: PolicyChange,
          response: { 200: PolicyView },
        },
      },
      async (request) =>
        policies.change(request.params.policyId, request.body, operatorOf(request).operatorId),
    )

    app.post(
      '/policies/:policyId/assignments',
      {
        config: { access: 'policy:manage' },
        schema: {
          operationId: 'assignPolicy',
          params: PolicyIdParams,
          body: NewPolicyAssignment,
          response: { 200: PolicyView },
        },
      },
      async (request) =>
        policies.assign(request.params.policyId, request.body, operatorOf(request).operatorId),
    )

    app.delete(
      '/policies/:policyId/assignments/:scope/:targetId',
      {
        config: { access: 'policy:manage' },
        schema: {
          operationId: 'unassignPolicy',
          params: PolicyAssignmentParams,
          response: { 200: PolicyView },
        },
      },
      async (request) => {
        const { policyId, scope, targetId } = request.params
        return policies.unassign(policyId, scope, targetId, operatorOf(request).operatorId)
      },
    )
  }
}
