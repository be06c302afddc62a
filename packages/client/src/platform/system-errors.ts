/** Errors that the operating system gave, by their codes. */

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code)

export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT')
