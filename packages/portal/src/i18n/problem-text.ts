import { isProblemCode } from '@sanad/protocol/text/problems'
import type { TFunction } from 'i18next'
import type { PortalProblemCode } from '../api/problem.ts'
import type problems from '../locales/en/problems.json'

export function problemText(
  t: TFunction,
  code: Worded<PortalProblemCode>,
): { why: string; todo: string } {
  return { why: t(`problems.${code}.why`), todo: t(`problems.${code}.todo`) }
}

/** What happened, in a sentence; a code that this build does not know stands for itself. */
export const problemTitle = (t: TFunction, code: string): string =>
  isProblemCode(code) ? problemText(t, code).why : code

type Catalogue = typeof problems
type Group = Extract<keyof Catalogue, string>
type Translated = {
  [Name in Group]: `${Name}.${Extract<keyof Catalogue[Name], string>}`
}[Group]

/** A code without its sentences does not compile. */
type Worded<Code extends Translated> = Code
