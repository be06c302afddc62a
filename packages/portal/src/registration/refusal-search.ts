import { CURSOR_PARTS, oneOf, type SearchOf, words } from '../pages/search-schema.ts'

/** The refused list: a search, and one verdict or both. */
export const REFUSED_SEARCH = {
  ...CURSOR_PARTS,
  q: words(64),
  verdict: oneOf(['refuse', 'quarantine']),
} as const
export type RefusedSearch = SearchOf<typeof REFUSED_SEARCH>
