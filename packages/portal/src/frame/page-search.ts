import { ROW_FINDINGS, type RowFindingCode } from '@sanad/protocol/operator-api/imports'
import { EVENTS, type EventType } from '@sanad/protocol/domain/events'
import { CURSOR_PARTS, flag, oneOf, type SearchOf, words } from './search-schema.ts'

/** What addresses of simple lists say. */
export type CursorSearch = SearchOf<typeof CURSOR_PARTS>

/** The refused list: a search, and one verdict or both. */
export const REFUSED_SEARCH = {
  ...CURSOR_PARTS,
  q: words(64),
  verdict: oneOf(['refuse', 'quarantine']),
} as const
export type RefusedSearch = SearchOf<typeof REFUSED_SEARCH>

/** The record: all events, or one type. */
export const RECORD_SEARCH = {
  ...CURSOR_PARTS,
  // Object.keys widens to string; the catalogue is closed.
  type: oneOf(Object.keys(EVENTS) as EventType[]),
} as const

/** The rows of an import that are wrong: all, or those of one kind. */
export const IMPORT_SEARCH = {
  ...CURSOR_PARTS,
  // As above.
  code: oneOf(Object.keys(ROW_FINDINGS) as RowFindingCode[]),
} as const

/** `?add=true` opens the form, so that it can be linked to. */
export const ADD_SEARCH = { add: flag } as const
