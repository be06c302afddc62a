import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { SanadError } from '@sanad/protocol/text/problems'
import description from '../package.json' with { type: 'json' }
import { findNearest } from './nearest.ts'

/**
 * What every program of Sanad has in common on the command line: `--help` says how to use it and ends with 0, wrong
 * words are named with what was meant and end with 2, a failure is one sentence with its code and ends with 1.
 */

export interface Program<O extends ParseArgsOptionsConfig = ParseArgsOptionsConfig> {
  /** As in `sanad server`. */
  readonly name: string
  /** One line for each way to call it: what follows the name. */
  readonly usage: readonly string[]
  readonly summary: string
  readonly options: O
  /** How many words may stand without an option before them. */
  readonly mostWords?: number
}

export type Said<O extends ParseArgsOptionsConfig> = ReturnType<typeof parseSaid<O>>

/** The words were wrong; the message says how. The program ends with 2. */
export class UsageError extends Error {}

/**
 * Runs a program with the words of this process and sets its exit status.
 *
 * @param run returns the exit status; nothing is 0
 */
export async function runProgram<const O extends ParseArgsOptionsConfig>(
  program: Program<O>,
  run: (said: Said<O>) => Promise<number | void>,
): Promise<void> {
  try {
    const words = process.argv.slice(2)
    if (asksForHelp(words)) return void process.stdout.write(helpOf(program))
    if (asksForVersion(words)) return void process.stdout.write(`sanad ${SANAD_VERSION}\n`)
    process.exitCode = (await run(readSaid(program, words))) ?? 0
  } catch (error) {
    process.exitCode = explain(error, program)
  }
}

export const asksForHelp = (words: readonly string[]): boolean =>
  words[0] === 'help' || words.includes('--help') || words.includes('-h')

export const asksForVersion = (words: readonly string[]): boolean => words.includes('--version')

export const SANAD_VERSION: string = description.version

/** @param command what the program’s name follows */
export function helpOf({ name, usage, summary }: Program, command = 'sanad'): string {
  const lines = usage.map((line) => `  ${command} ${name} ${line}`.trimEnd())
  return `${summary}\n\n${lines.join('\n')}\n`
}

/** @throws UsageError */
export function readSaid<O extends ParseArgsOptionsConfig>(
  program: Program<O>,
  words: readonly string[],
): Said<O> {
  try {
    const said = parseSaid(program, words)
    const [extra] = said.positionals.slice(program.mostWords ?? 0)
    if (extra !== undefined) throw new UsageError(`“${extra}” is not expected here`)
    return said
  } catch (error) {
    throw isParseError(error) ? new UsageError(describeWrongWords(error, program)) : error
  }
}

function parseSaid<O extends ParseArgsOptionsConfig>(
  { options }: Program<O>,
  words: readonly string[],
) {
  return parseArgs({ args: [...words], options, allowPositionals: true })
}

/** @throws UsageError */
export function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new UsageError(`${what} is missing`)
  return value
}

const isParseError = (error: unknown): error is Error =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

/** Node's own sentence, without its advice on `--`; and the option that was meant. */
function describeWrongWords(error: Error, { options }: Program): string {
  const [sentence = error.message] = error.message.split('. ')
  const wrong = /'-{1,2}([^'\s=]+)/.exec(sentence)?.[1]
  const nearest = wrong === undefined ? undefined : findNearest(wrong, Object.keys(options))
  return nearest === undefined ? sentence : `${sentence}; did you mean --${nearest}?`
}

/** Says on standard error what went wrong. @returns the exit status */
export function explain(error: unknown, program?: Program, command?: string): number {
  if (error instanceof UsageError) {
    const help = program === undefined ? '' : `\n${helpOf(program, command)}`
    process.stderr.write(`${error.message}\n${help}`)
    return 2
  }
  process.stderr.write(`${describeFailure(error)}\n`)
  return 1
}

/** A title for people, the detail, and the code to look up. No stack: it is for us, and `SANAD_TRACE=1` shows it. */
function describeFailure(error: unknown): string {
  const trace =
    process.env['SANAD_TRACE'] === '1' && error instanceof Error ? `\n${error.stack}` : ''
  if (!(error instanceof SanadError))
    return `${error instanceof Error ? error.message : 'Something went wrong.'}${trace}`
  const { title, detail } = error
  return `${title}${detail === undefined ? '' : ` (${detail})`}\n${error.code}${trace}`
}
