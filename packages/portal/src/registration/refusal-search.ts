import { readCursorSearch, readText, type CursorSearch } from '../frame/page-search.ts'

export interface RefusalSearch extends CursorSearch {
  readonly q?: string
  readonly verdict?: 'refuse' | 'quarantine'
  readonly device?: string
}

export function readRefusalSearch(raw: Readonly<Record<string, unknown>>): RefusalSearch {
  const q = readText(raw['q'], 64)
  const device = readText(raw['device'], 36)
  const verdict = raw['verdict']
  return {
    ...readCursorSearch(raw),
    ...(q !== undefined && { q }),
    ...(device !== undefined && { device }),
    ...((verdict === 'refuse' || verdict === 'quarantine') && { verdict }),
  }
}
