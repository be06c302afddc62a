import type { GroupList, GroupView, NewGroup } from '@sanad/protocol/operator-api/groups'
import type {
  NewPolicy,
  NewPolicyAssignment,
  PolicyChange,
  PolicyList,
  PolicyPreview,
  PolicySettings,
  PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: ({ signal }) => send<PolicyList>('/policies', { signal }),
})

export const policyQuery = (policyId: string) =>
  queryOptions({
    queryKey: ['policies', policyId],
    queryFn: ({ signal }) => send<PolicyView>(`/policies/${policyId}`, { signal }),
  })

export const policyPreviewQuery = (policyId: string, settings: PolicySettings | undefined) =>
  queryOptions({
    queryKey: ['policy-preview', policyId, settings],
    queryFn: ({ signal }) =>
      send<PolicyPreview>(`/policies/${policyId}/preview`, {
        method: 'POST',
        body: { settings },
        signal,
      }),
    enabled: settings !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  })

export function createPolicy(body: NewPolicy): Promise<PolicyView> {
  return send<PolicyView>('/policies', { method: 'POST', body })
}

export function changePolicy(policyId: string, body: PolicyChange): Promise<PolicyView> {
  return send<PolicyView>(`/policies/${policyId}/versions`, { method: 'POST', body })
}

export function assignPolicy(policyId: string, body: NewPolicyAssignment): Promise<PolicyView> {
  return send<PolicyView>(`/policies/${policyId}/assignments`, { method: 'POST', body })
}

export function unassignPolicy(
  policyId: string,
  { scope, targetId }: { scope: string; targetId: string | null },
): Promise<void> {
  return send<void>(`/policies/${policyId}/assignments/${scope}/${targetId ?? 'all'}`, {
    method: 'DELETE',
  })
}

export const groupsQuery = queryOptions({
  queryKey: ['groups'],
  queryFn: ({ signal }) => send<GroupList>('/groups', { signal }),
})

export function createGroup(body: NewGroup): Promise<GroupView> {
  return send<GroupView>('/groups', { method: 'POST', body })
}
