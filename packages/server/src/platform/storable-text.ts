import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'

/**
 * JSON allows texts that PostgreSQL does not keep: with a NUL, or with half of a surrogate pair. One of them in
 * one message would make the statement fail that writes many.
 *
 * @throws SanadError `code`
 */
export function requireStorableText(value: unknown, code: ProblemCode): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) throw new SanadError(code, 'not a text')
  } else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) requireStorableText(member, code)
  }
}
