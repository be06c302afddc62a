import type {
  FindingCounts,
  FindingPage,
  FindingQuery,
  FindingView,
  SuppressBody,
} from '@sanad/protocol/operator-api/findings'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const findingsQuery = ({ suppressed, ...query }: FindingQuery) =>
  queryOptions({
    queryKey: ['findings', query, suppressed],
    queryFn: ({ signal }) =>
      send<FindingPage>('/findings', {
        query: { ...query, suppressed: suppressed === undefined ? undefined : String(suppressed) },
        signal,
      }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  })

export const findingCountsQuery = queryOptions({
  queryKey: ['finding-counts'],
  queryFn: ({ signal }) => send<FindingCounts>('/findings/counts', { signal }),
  refetchInterval: 30_000,
})

export function suppressFinding(findingId: string, body: SuppressBody): Promise<FindingView> {
  return send<FindingView>(`/findings/${findingId}/suppress`, { method: 'POST', body })
}

export function runAudit(): Promise<void> {
  return send<void>('/findings/audit', { method: 'POST' })
}
