import { ACCESS_OUTCOMES } from '@sanad/protocol/operator-api/choices'
import { CURSOR_PARTS, type SearchOf, oneOf, uuid, words } from '../pages/search-schema.ts'

/** What the address of the access log says: who, what became of it, from where. */
export const ACCESS_LOG_SEARCH = {
  ...CURSOR_PARTS,
  operator: uuid,
  outcome: oneOf(ACCESS_OUTCOMES),
  address: words(64),
} as const
export type AccessLogSearch = SearchOf<typeof ACCESS_LOG_SEARCH>
