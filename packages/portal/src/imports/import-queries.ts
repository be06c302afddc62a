import type {
  ConfirmImport,
  ImportPage,
  ImportQuery,
  ImportView,
  RowErrorPage,
  RowErrorQuery,
} from '@sanad/protocol/api/imports'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'
import { isMoving } from './import-state.ts'

const POLL_MS = 700

export const importsQuery = (query: ImportQuery) =>
  queryOptions({
    queryKey: ['imports', query],
    queryFn: ({ signal }) => send<ImportPage>('/imports', { query: { ...query }, signal }),
    refetchInterval: (current) =>
      current.state.data?.items.some((each) => isMoving(each.state)) === true ? 2_000 : false,
    placeholderData: keepPreviousData,
  })

export const importQuery = (importId: string) =>
  queryOptions({
    queryKey: ['import', importId],
    queryFn: ({ signal }) => send<ImportView>(`/imports/${importId}`, { signal }),
    refetchInterval: (current) => {
      const state = current.state.data?.state
      return state !== undefined && isMoving(state) ? POLL_MS : false
    },
  })

export const rowErrorsQuery = (importId: string, query: RowErrorQuery) =>
  queryOptions({
    queryKey: ['import', importId, 'errors', query],
    queryFn: ({ signal }) =>
      send<RowErrorPage>(`/imports/${importId}/errors`, { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
  })

/** The body is the file itself; the browser streams it from the disk, so its size costs no memory. */
export function uploadImport(importId: string, file: File): Promise<ImportView> {
  const isManifest = /\.(jws|jose)$/i.test(file.name)
  const body = new Blob([file], { type: isManifest ? 'application/jose' : 'text/csv' })
  return send<ImportView>(`/imports/${importId}`, { method: 'POST', body })
}

export function confirmImport(importId: string, body: ConfirmImport): Promise<ImportView> {
  return send<ImportView>(`/imports/${importId}/confirm`, { method: 'POST', body })
}

export function discardImport(importId: string): Promise<void> {
  return send<void>(`/imports/${importId}/discard`, { method: 'POST' })
}
