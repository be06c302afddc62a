import { CLIENT_VERBS } from '@sanad/command-line/client-verbs'
import { findNearest } from '@sanad/command-line/nearest'
import { UsageError, helpOf } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import type { Verb } from './verb.ts'
import { VERBS } from './verbs.ts'

/** What can be said, in words for people. */

const groupOf = ({ name }: Verb): string => name.split(' ')[0] ?? name

const SESSION_LINES = [
  '  sign-in --server https://… --root <management-root.pem> --name <operator> [--password-file <file>]',
  '  sign-out',
]

const WORDS_OF_SESSIONS = ['sign-in', 'sign-out', 'help']

const CLIENT = {
  name: 'client',
  summary: `Runs the management client beside devices: ${Object.keys(CLIENT_VERBS).join(', ')}.`,
}

export const COMPLETION = {
  name: 'completion',
  usage: ['bash | zsh'],
  summary: 'Prints the completion of a shell: source <(sanad completion bash)',
  options: {},
  mostWords: 1,
} as const

const linesOf = (verbs: readonly Verb[]): string[] =>
  verbs.map(({ name, usage, summary }) => `  ${name} ${usage}`.trimEnd() + `\n      ${summary}`)

/** Of one verb, of a group such as `devices`, or of everything. */
export function helpFor(words: readonly string[]): string {
  const said = words.filter((word) => !word.startsWith('-') && word !== 'help')
  const wanted = VERBS.filter(({ name }) => said.length > 0 && isBeginning(said, name))
  if (wanted.length > 0) return `${linesOf(wanted).join('\n')}\n\nEvery verb takes --json.\n`
  if (said[0] === COMPLETION.name) return helpOf(COMPLETION)
  if (said.length > 0 && !WORDS_OF_SESSIONS.includes(said[0] ?? '')) throw unknownWords(said)
  return `${helpForEverything()}\n`
}

const isBeginning = (said: readonly string[], name: string): boolean => {
  const parts = name.split(' ')
  return said.slice(0, parts.length).every((word, index) => word === parts[index])
}

function helpForEverything(): string {
  const programs = [...Object.values(PROGRAMS), CLIENT, COMPLETION].map(
    ({ name, summary }) => `  ${name}\n      ${summary}`,
  )
  return [
    'Programs (each with --help):',
    ...programs,
    '',
    'Commands for operators of a server:',
    ...SESSION_LINES,
    ...linesOf(VERBS),
    '',
    'Every command takes --json, --help and --version. Exit status: 0 done, 1 refused or failed, 2 usage error.',
  ].join('\n')
}

/** Names the verb that was probably meant, or those of the group. */
export function unknownWords(words: readonly string[]): UsageError {
  const [first = '', second] = words
  const groups = new Set(VERBS.map(groupOf))
  const names = groups.has(first)
    ? VERBS.filter((verb) => groupOf(verb) === first).map(({ name }) => name)
    : undefined
  if (names === undefined) return unknownWord(first, groups)
  if (second === undefined || second.startsWith('-'))
    return new UsageError(`${first} what? There are: ${names.join(', ')}`)
  const said = `${first} ${second}`
  const nearest = findNearest(said, names)
  const remedy =
    nearest === undefined ? `There are: ${names.join(', ')}` : `Did you mean “${nearest}”?`
  return new UsageError(`There is no “${said}”. ${remedy}`)
}

function unknownWord(word: string, groups: ReadonlySet<string>): UsageError {
  const known = [...Object.keys(PROGRAMS), 'client', 'completion', ...groups, ...WORDS_OF_SESSIONS]
  const nearest = findNearest(word, known)
  const remedy =
    nearest === undefined ? '“sanad help” lists all commands.' : `Did you mean “${nearest}”?`
  return new UsageError(`There is no “${word}”. ${remedy}`)
}
