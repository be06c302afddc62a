import type {
  BulkActFailurePage,
  BulkActPage,
  BulkActPreview,
  BulkActPreviewBody,
  BulkActView,
  NewBulkAct,
} from '@sanad/protocol/operator-api/bulk-acts'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const bulkPreviewQuery = (body: BulkActPreviewBody | undefined) =>
  queryOptions({
    queryKey: ['bulk-preview', body],
    queryFn: ({ signal }) =>
      send<BulkActPreview>('/bulk-acts/preview', { method: 'POST', body, signal }),
    enabled: body !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  })

export const orderBulkAct = (body: NewBulkAct): Promise<BulkActView> =>
  send<BulkActView>('/bulk-acts', { method: 'POST', body })

export const cancelBulkAct = (bulkActId: string): Promise<BulkActView> =>
  send<BulkActView>(`/bulk-acts/${bulkActId}/cancel`, { method: 'POST' })

export const isOver = ({ state }: Pick<BulkActView, 'state'>): boolean =>
  state !== 'queued' && state !== 'running'

const FOLLOW_EVERY_MS = 1_000

/** Asked again while it goes on. */
export const bulkActQuery = (bulkActId: string) =>
  queryOptions({
    queryKey: ['bulk-acts', bulkActId],
    queryFn: ({ signal }) => send<BulkActView>(`/bulk-acts/${bulkActId}`, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && isOver(data) ? false : FOLLOW_EVERY_MS,
  })

const LOOK_EVERY_MS = 5_000

export const bulkActsQuery = (after: string | undefined) =>
  queryOptions({
    queryKey: ['bulk-acts', 'list', after],
    queryFn: ({ signal }) => send<BulkActPage>('/bulk-acts', { query: { after }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data?.items.every(isOver) === true ? false : LOOK_EVERY_MS,
  })

export const bulkFailuresQuery = (bulkActId: string, after: string | undefined, failed: number) =>
  queryOptions({
    // More of them come while it goes on.
    queryKey: ['bulk-acts', bulkActId, 'failures', after, failed],
    queryFn: ({ signal }) =>
      send<BulkActFailurePage>(`/bulk-acts/${bulkActId}/failures`, { query: { after }, signal }),
    placeholderData: keepPreviousData,
  })
