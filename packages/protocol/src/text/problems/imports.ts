import { row } from './row.ts'

/** Approvals from files. */
export const IMPORT_PROBLEMS = {
  'import.not-found': row(404, 'There is no such import.'),
  'import.not-readable': row(400, 'The file cannot be read as devices.'),
  'import.signature-invalid': row(400, 'The manifest is not signed by a known factory.'),
  'import.has-errors': row(409, 'Some rows have errors.'),
  'import.has-warnings': row(409, 'Some rows have warnings that nobody has confirmed.'),
  'import.state-refused': row(409, 'The import’s state does not allow this.'),
  'import.too-many-rows': row(413, 'The file has more rows than the limit.'),
} as const
