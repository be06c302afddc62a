import type { FindingQuery, SuppressBody } from '@sanad/protocol/operator-api/findings'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

export const findingsQuery = (asked: FindingQuery) =>
  queryOptions({
    ...query('listFindings', { query: asked }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  })

export const findingCountsQuery = queryOptions({
  ...query('countFindings'),
  refetchInterval: 30_000,
})

export const suppressFinding = (findingId: string, body: SuppressBody) =>
  call('suppressFinding', { params: { findingId }, body })

export const runAudit = () => call('runAudit')
