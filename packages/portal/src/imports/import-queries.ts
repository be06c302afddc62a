import type { ImportPage, ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import type { RowFindingCode } from '@sanad/protocol/operator-api/row-findings'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

const POLL_MS = 700

/** Whether the server works on it now, so that it is worth asking again. */
export function isMoving({ state }: Pick<ImportView, 'state'>): boolean {
  return state === 'receiving' || state === 'checking' || state === 'applying'
}

export const importsQuery = (after: string | undefined) =>
  queryOptions({
    queryKey: ['imports', after],
    queryFn: ({ signal }) => send<ImportPage>('/imports', { query: { after }, signal }),
    refetchInterval: (current) =>
      current.state.data?.items.some(isMoving) === true ? 2_000 : false,
    placeholderData: keepPreviousData,
  })

export const importQuery = (importId: string) =>
  queryOptions({
    queryKey: ['import', importId],
    queryFn: ({ signal }) => send<ImportView>(`/imports/${importId}`, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && isMoving(data) ? POLL_MS : false,
  })

export const rowErrorsQuery = (
  importId: string,
  code: RowFindingCode | undefined,
  after: string | undefined,
) =>
  queryOptions({
    queryKey: ['import', importId, 'errors', code, after],
    queryFn: ({ signal }) =>
      send<RowErrorPage>(`/imports/${importId}/errors`, { query: { code, after }, signal }),
    placeholderData: keepPreviousData,
  })

export const isManifest = (file: File): boolean => /\.(jws|jose)$/i.test(file.name)

/**
 * The body is the file itself; the browser streams it from the disk, so its size costs no memory.
 *
 * @param columns of CSV, what each column is, in the order of the file
 */
export function uploadImport(
  importId: string,
  file: File,
  columns: readonly string[] | undefined,
): Promise<ImportView> {
  const body = new Blob([file], { type: isManifest(file) ? 'application/jose' : 'text/csv' })
  const query = { fileName: file.name.slice(0, 255), columns: columns?.join(',') }
  return send<ImportView>(`/imports/${importId}`, { method: 'POST', query, body })
}
