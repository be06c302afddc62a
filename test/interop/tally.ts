import { EXCEPTIONS, type Exception } from './exceptions.ts'
import type { Kind } from './shelf.ts'

/** What one reader said, counted. */

export interface Row {
  readonly name: string
  readonly kind: Kind
  readonly profile: string
}

export interface Tally {
  readonly passed: number
  /** A sentence each. */
  readonly failures: readonly string[]
  /** Artefacts that the reader left out, and why. */
  readonly skipped: readonly string[]
}

export interface Expected {
  /** The artefacts that this reader has to read. */
  readonly rows: readonly Row[]
  readonly linter: Exception['linter'] | undefined
}

/** Lines of tabs: `ok`, `fail`, `skip` or `lint`; artefact; what was done, or which rule; detail. */
export function tally(output: string, { rows, linter }: Expected): Tally {
  const lines = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
  const of = (word: string) => lines.filter(([first]) => first === word)
  const profileOf = new Map(rows.map(({ name, profile }) => [name, profile]))
  const excused = linter === undefined ? [] : EXCEPTIONS.filter((one) => one.linter === linter)
  const findings = of('lint').map(([, name = '', rule = '', detail = '']) => {
    const profile = profileOf.get(name) ?? ''
    const exception = excused.find((one) => one.rule === rule && one.profiles.includes(profile))
    return { name, rule, detail, profile, exception }
  })
  const heard = new Set(lines.map(([, name]) => name))
  return {
    passed: of('ok').length,
    skipped: of('skip').map(([, name, , detail]) => `${name}: ${detail}`),
    failures: [
      ...of('fail').map(([, name, , detail]) => `${name}: ${detail}`),
      ...findings
        .filter(({ exception }) => exception === undefined)
        .map(({ name, rule, detail }) => `${name}: ${rule} (${detail})`),
      ...excused.flatMap((one) => findUnused(one, findings)),
      ...rows.filter(({ name }) => !heard.has(name)).map(({ name }) => `${name}: not read`),
    ],
  }
}

function findUnused(
  exception: Exception,
  findings: readonly { readonly rule: string; readonly profile: string }[],
): string[] {
  return exception.profiles
    .filter((profile) =>
      findings.every((found) => found.rule !== exception.rule || found.profile !== profile),
    )
    .map((profile) => `exception ${exception.rule} for ${profile}: nothing needs it any more`)
}
