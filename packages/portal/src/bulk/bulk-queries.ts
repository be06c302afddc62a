import type {
  BulkActPreviewBody,
  BulkActView,
  NewBulkAct,
} from '@sanad/protocol/operator-api/bulk-acts'
import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

export const bulkPreviewQuery = (body: BulkActPreviewBody | undefined) =>
  queryOptions({
    queryKey: ['previewBulkAct', body],
    queryFn:
      body === undefined ? skipToken : ({ signal }) => call('previewBulkAct', { body, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  })

export const orderBulkAct = (body: NewBulkAct) => call('orderBulkAct', { body })

export const cancelBulkAct = (bulkActId: string) => call('cancelBulkAct', { params: { bulkActId } })

export const isOver = ({ state }: Pick<BulkActView, 'state'>): boolean =>
  state !== 'queued' && state !== 'running'

const FOLLOW_EVERY_MS = 1_000

/** Asked again while it goes on. */
export const bulkActQuery = (bulkActId: string) =>
  queryOptions({
    ...query('readBulkAct', { params: { bulkActId } }),
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && isOver(data) ? false : FOLLOW_EVERY_MS,
  })

const LOOK_EVERY_MS = 5_000

export const bulkActsQuery = (after: string | undefined) =>
  queryOptions({
    ...query('listBulkActs', { query: { after } }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data?.items.every(isOver) === true ? false : LOOK_EVERY_MS,
  })

export const bulkFailuresQuery = (bulkActId: string, after: string | undefined, failed: number) =>
  queryOptions({
    // More of them come while it goes on.
    queryKey: ['listBulkActFailures', bulkActId, after, failed],
    queryFn: ({ signal }) =>
      call('listBulkActFailures', { params: { bulkActId }, query: { after }, signal }),
    placeholderData: keepPreviousData,
  })
