import type { ImportView } from '@sanad/protocol/operator-api/imports'
import type { RowFindingCode } from '@sanad/protocol/operator-api/row-findings'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

const POLL_MS = 700

/** Whether the server works on it now, so that it is worth asking again. */
export function isMoving({ state }: Pick<ImportView, 'state'>): boolean {
  return state === 'receiving' || state === 'checking' || state === 'applying'
}

export const importsQuery = (after: string | undefined) =>
  queryOptions({
    ...query('listImports', { query: { after } }),
    refetchInterval: (current) =>
      current.state.data?.items.some(isMoving) === true ? 2_000 : false,
    placeholderData: keepPreviousData,
  })

export const importQuery = (importId: string) =>
  queryOptions({
    ...query('readImport', { params: { importId } }),
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && isMoving(data) ? POLL_MS : false,
  })

export const rowErrorsQuery = (
  importId: string,
  code: RowFindingCode | undefined,
  after: string | undefined,
) =>
  queryOptions({
    ...query('listImportErrors', { params: { importId }, query: { code, after } }),
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
  const asked = { fileName: file.name.slice(0, 255), columns: columns?.join(',') }
  return call('uploadImport', { params: { importId }, query: asked, body })
}
