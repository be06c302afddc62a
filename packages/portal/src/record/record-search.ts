import { CURSOR_PARTS, matching } from '../pages/search-schema.ts'

/** The record: all events, or one type. The page has the catalogue of types, and names one that is not in it. */
export const RECORD_SEARCH = {
  ...CURSOR_PARTS,
  type: matching(/^[a-z-]{1,40}\.[a-z-]{1,60}$/),
} as const
