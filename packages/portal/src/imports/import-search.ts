import type { RowErrorCode } from '@sanad/protocol/api/imports'
import { readCursorSearch, readText, type CursorSearch } from '../frame/page-search.ts'

export interface ImportSearch extends CursorSearch {
  readonly code?: RowErrorCode
}

export function readImportSearch(raw: Readonly<Record<string, unknown>>): ImportSearch {
  const code = readText(raw['code'], 80)
  // The server refuses a code that is not in its table.
  return { ...readCursorSearch(raw), ...(code !== undefined && { code: code as RowErrorCode }) }
}
