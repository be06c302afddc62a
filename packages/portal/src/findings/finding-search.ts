import { CHECK_NAMES } from '@sanad/protocol/operator-api/checks'
import { CURSOR_PARTS, flag, oneOf, type SearchOf } from '../pages/search-schema.ts'

export const FINDING_SEARCH = {
  ...CURSOR_PARTS,
  check: oneOf(CHECK_NAMES),
  /** Those that somebody silenced. */
  silenced: flag,
} as const
export type FindingSearch = SearchOf<typeof FINDING_SEARCH>
