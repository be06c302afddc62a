import type {
  ApprovalDecision,
  ApprovalList,
  ApprovalQuery,
  RefusalList,
  RefusalQuery,
  RegistrationCounts,
} from '@sanad/protocol/operator-api/registration'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const registrationCountsQuery = queryOptions({
  queryKey: ['registration-counts'],
  queryFn: ({ signal }) => send<RegistrationCounts>('/registrations/counts', { signal }),
  // A refused claim concerns no device of ours, so no live message tells of it.
  refetchInterval: 30_000,
})

export const approvalsQuery = (query: ApprovalQuery) =>
  queryOptions({
    queryKey: ['approvals', query],
    queryFn: ({ signal }) => send<ApprovalList>('/approvals', { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 20_000,
  })

export const refusalsQuery = (query: RefusalQuery) =>
  queryOptions({
    queryKey: ['refusals', query],
    queryFn: ({ signal }) => send<RefusalList>('/refusals', { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 20_000,
  })

/** Whoever was refused with this support code. */
export const codeSearchQuery = (supportCode: string) =>
  queryOptions({
    queryKey: ['refusals', 'code', supportCode],
    queryFn: ({ signal }) =>
      send<RefusalList>('/refusals', { query: { search: supportCode, limit: 3 }, signal }),
    staleTime: 10_000,
  })

export function decideApproval(
  requestId: string,
  decision: ApprovalDecision['decision'],
): Promise<void> {
  return send<void>(`/approvals/${requestId}/decide`, { method: 'POST', body: { decision } })
}
