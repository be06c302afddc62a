import type { ProblemCode } from '@sanad/protocol/problems'
import type { TFunction } from 'i18next'
import type { PortalProblemCode } from '../api/problem.ts'
import type problems from '../locales/en/problems.json'

export function problemText(t: TFunction, code: PortalProblemCode): { why: string; todo: string } {
  return { why: t(`problems.${code}.why`), todo: t(`problems.${code}.todo`) }
}

type Catalogue = typeof problems
type Translated = {
  [Group in keyof Catalogue & string]: `${Group}.${keyof Catalogue[Group] & string}`
}[keyof Catalogue & string]

/** A code without its sentences does not compile. */
export const EVERY_PROBLEM_HAS_WORDS: [Exclude<ProblemCode, Translated>] extends [never]
  ? true
  : Exclude<ProblemCode, Translated> = true
