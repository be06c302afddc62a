import type { NewGroup } from '@sanad/protocol/operator-api/groups'
import type {
  NewPolicy,
  NewPolicyAssignment,
  PolicyAssignment,
  PolicyChange,
  PolicySettings,
} from '@sanad/protocol/operator-api/policies'
import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

export const policiesQuery = query('listPolicies')

export const policyQuery = (policyId: string) => query('readPolicy', { params: { policyId } })

export const policyPreviewQuery = (policyId: string, settings: PolicySettings | undefined) =>
  queryOptions({
    queryKey: ['previewPolicy', policyId, settings],
    queryFn:
      settings === undefined
        ? skipToken
        : ({ signal }) =>
            call('previewPolicy', { params: { policyId }, body: { settings }, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  })

export const createPolicy = (body: NewPolicy) => call('createPolicy', { body })

export const changePolicy = (policyId: string, body: PolicyChange) =>
  call('changePolicy', { params: { policyId }, body })

export const assignPolicy = (policyId: string, body: NewPolicyAssignment) =>
  call('assignPolicy', { params: { policyId }, body })

export const unassignPolicy = (
  policyId: string,
  { scope, targetId }: Pick<PolicyAssignment, 'scope' | 'targetId'>,
) => call('unassignPolicy', { params: { policyId, scope, targetId: targetId ?? 'all' } })

export const groupsQuery = query('listGroups')

export const createGroup = (body: NewGroup) => call('createGroup', { body })
