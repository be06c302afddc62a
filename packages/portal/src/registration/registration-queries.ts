import type { RefusalList, RegistrationCounts } from '@sanad/protocol/operator-api/registration'
import { queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const registrationCountsQuery = queryOptions({
  queryKey: ['registration-counts'],
  queryFn: ({ signal }) => send<RegistrationCounts>('/registrations/counts', { signal }),
  // A refused claim concerns no device of ours, so no live message tells of it.
  refetchInterval: 30_000,
})

/** Whoever was refused with this support code. */
export const codeSearchQuery = (supportCode: string) =>
  queryOptions({
    queryKey: ['refusals', 'code', supportCode],
    queryFn: ({ signal }) =>
      send<RefusalList>('/refusals', { query: { search: supportCode, limit: 3 }, signal }),
    staleTime: 10_000,
  })
