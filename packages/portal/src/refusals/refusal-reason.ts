import { isProblemCode, PROBLEMS } from '@sanad/protocol/text/problems'

/** What happened, in the words of the one table of problems. */
export function useRefusalReason(): (code: string) => string {
  return (code) => (isProblemCode(code) ? PROBLEMS[code].title : code)
}
