import { findNearest } from '@sanad/command-line/nearest'
import { UsageError } from '@sanad/command-line/program'
import { REASONS, type Reason } from '@sanad/protocol/domain/reasons'
import { type Said, list, needOption, text } from './verb.ts'

/** Options whose values are a declared closed list: anything else is refused here, with what can be chosen. */

/** @throws UsageError that names what can be chosen, and what was most likely meant */
export function readChoice<Choice extends string>(
  what: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((each) => each === value)
  if (choice !== undefined) return choice
  const nearest = findNearest(value, choices)
  const hint = nearest === undefined ? '' : ` Did you mean “${nearest}”?`
  throw new UsageError(`${what} cannot be “${value}”.${hint} Choose one of: ${choices.join(', ')}`)
}

/** @throws UsageError */
export function choiceOf<Choice extends string>(
  said: Said,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = text(said, name)
  return value === undefined ? undefined : readChoice(`--${name}`, value, choices)
}

/** Of an option that may be given several times. @throws UsageError */
export const choicesOf = <Choice extends string>(
  said: Said,
  name: string,
  choices: readonly Choice[],
): Choice[] | undefined => list(said, name)?.map((value) => readChoice(`--${name}`, value, choices))

/** Of an option that is required. @throws UsageError */
export const needChoice = <Choice extends string>(
  said: Said,
  name: string,
  choices: readonly Choice[],
): Choice => readChoice(`--${name}`, needOption(said, name), choices)

/** @throws UsageError */
export const needReason = (said: Said): Reason => needChoice(said, 'reason', REASONS)

type Given<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> }

/** Without the members that were not said: a body and a query leave out what they do not name. */
export const given = <Values extends object>(values: Values): Given<Values> =>
  // Entries lose the names of their members; none was added, and no undefined is left.
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<Values>
