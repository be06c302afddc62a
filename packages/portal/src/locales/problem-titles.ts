import { PROBLEMS, isProblemCode } from '@sanad/protocol/text/problems'

/**
 * What happened is said by the server's table of problems, in English; `problems.json` adds what to do about it, and
 * both for the portal's own problems.
 */

// A type, because i18next finds no keys in an interface.
type ProblemWords = {
  /** What happened. */
  readonly why: string
  readonly todo: string
}

type TodoOf<Catalogue> = {
  readonly [Group in keyof Catalogue]: {
    readonly [Name in keyof Catalogue[Group]]: Partial<ProblemWords> & Pick<ProblemWords, 'todo'>
  }
}

export type WithTitles<Catalogue> = {
  readonly [Group in keyof Catalogue]: {
    readonly [Name in keyof Catalogue[Group]]: ProblemWords
  }
}

export function withTitles<Catalogue extends TodoOf<Catalogue>>(
  catalogue: Catalogue,
): WithTitles<Catalogue> {
  const groups = Object.entries<TodoOf<Catalogue>[keyof Catalogue]>(catalogue)
  return Object.fromEntries(
    groups.map(([group, names]) => [
      group,
      Object.fromEntries(
        Object.entries<Partial<ProblemWords>>(names).map(([name, words]) => [
          name,
          { why: titleOf(`${group}.${name}`), ...words },
        ]),
      ),
    ]),
    // Of the same groups and names.
  ) as WithTitles<Catalogue>
}

const titleOf = (code: string): string => (isProblemCode(code) ? PROBLEMS[code].title : code)
