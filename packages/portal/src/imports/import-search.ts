import { ROW_FINDINGS, type RowFindingCode } from '@sanad/protocol/operator-api/row-findings'
import { CURSOR_PARTS, oneOf } from '../pages/search-schema.ts'

/** The rows of an import that are wrong: all, or those of one kind. */
export const IMPORT_SEARCH = {
  ...CURSOR_PARTS,
  // Object.keys widens to string; the table is closed.
  code: oneOf(Object.keys(ROW_FINDINGS) as RowFindingCode[]),
} as const
