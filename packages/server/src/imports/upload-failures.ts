import { SanadError } from '@sanad/protocol/text/problems'
import { isUniqueViolation, translateDatabaseError } from '../platform/database.ts'
import { brokenOff } from './receive-import.ts'

/** Characters: the row, and what is wrong with it. */
export const LONGEST_DETAIL = 300

const BROKEN_OFF = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ABORT_ERR'])

export function translateUploadError(error: unknown): SanadError {
  const translated = translateDatabaseError(error)
  if (translated instanceof SanadError) return translated
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && BROKEN_OFF.has(code)) return brokenOff(error)
  return new SanadError('server.internal', undefined, { cause: error })
}

export function rethrowTaken(cause: unknown): never {
  if (!isUniqueViolation(cause)) throw cause
  throw new SanadError('import.state-refused', undefined, { cause })
}

/** `row 17: …`, `device 3 …`: where to look. */
export function rowOf(detail: string | undefined): number | null {
  const [, row] = /^(?:row|device) (\d+)/.exec(detail ?? '') ?? []
  return row === undefined ? null : Number(row)
}
