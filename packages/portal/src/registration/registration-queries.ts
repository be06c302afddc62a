import { queryOptions } from '@tanstack/react-query'
import { query } from '../api/call.ts'

export const registrationCountsQuery = queryOptions({
  ...query('countRegistrations'),
  // A refused claim concerns no device of ours, so no live message tells of it.
  refetchInterval: 30_000,
})

/** Whoever was refused with this support code. */
export const codeSearchQuery = (supportCode: string) =>
  queryOptions({
    ...query('listRefusals', { query: { search: supportCode, limit: 3 } }),
    staleTime: 10_000,
  })
