import { join } from 'node:path'
import { isSea } from 'node:sea'
import { CLIENT_VERBS, type ClientVerb, DEFAULT_VERB } from '@sanad/command-line/client-verbs'
import { writeCompletion } from '@sanad/command-line/completion'
import { findNearest } from '@sanad/command-line/nearest'
import {
  type Program,
  UsageError,
  asksForHelp,
  asksForVersion,
  explain,
  helpOf,
  readSaid,
} from '@sanad/command-line/program'
import { PLATFORM } from '../platform/platform.ts'
import { CLIENT_VERSION } from './client-version.ts'
import { exitCodeOf } from './connection-report.ts'
import { readStatus, runClient, runOnce } from './commands.ts'
import { loadConfig } from './config.ts'
import { RECEIPTS_FILE } from './foundation.ts'
import { type StatusReport, isWell } from './status-report.ts'
import { printStatus } from './status-table.ts'

/** What is said to the client, and what it does then. */

const NAME = isSea() ? 'sanad-client' : 'sanad client'
const DEFAULT_CONFIG = PLATFORM.defaultConfig
const DEFAULT_SECONDS = '60'

/** @returns the exit code: 0 all is well, 1 something is not, 2 a wrong command line, 75 to be started again */
export async function runWords(words: readonly string[]): Promise<number> {
  const [first = '-', ...more] = words
  const isVerb = !first.startsWith('-')
  const [verb, rest] = isVerb ? [first, more] : [DEFAULT_VERB, words]
  const program = isVerb && isKnown(verb) ? CLIENT_VERBS[verb] : undefined
  try {
    if (asksForVersion(words)) return print(`${NAME} ${CLIENT_VERSION}\n`)
    if (asksForHelp(words)) return print(program === undefined ? describeAll() : helpFor(program))
    if (!isKnown(verb)) throw unknownVerb(verb)
    return await WORK[verb](rest)
  } catch (error) {
    return explain(error, program, NAME)
  }
}

const isKnown = (word: string): word is ClientVerb => Object.hasOwn(CLIENT_VERBS, word)

const WORK: Record<ClientVerb, (words: readonly string[]) => Promise<number>> = {
  run: async (words) => runClient(await configOf(readSaid(CLIENT_VERBS.run, words).values)),
  status: async (words) => {
    const { values } = readSaid(CLIENT_VERBS.status, words)
    return show(await readStatus(await configOf(values)), values.json)
  },
  once: async (words) => {
    const { values } = readSaid(CLIENT_VERBS.once, words)
    const seconds = readSeconds(values.timeout)
    const report = await runOnce(await configOf(values), seconds * 1000)
    return show(report, values.json) === 0 ? 0 : exitCodeOf(report)
  },
  explain: explainSbis,
  'time-receipts': readReceipts,
  completion: async (words) => {
    const [shell] = readSaid(CLIENT_VERBS.completion, words).positionals
    return print(writeCompletion(shell, NAME.replace(' ', '-'), Object.values(CLIENT_VERBS)))
  },
}

const configOf = ({ config = DEFAULT_CONFIG }: { readonly config?: string | undefined }) =>
  loadConfig(config)

/** @throws UsageError */
function readSeconds(text = DEFAULT_SECONDS): number {
  const seconds = Number(text)
  if (!(seconds > 0)) throw new UsageError('--timeout is not a number of seconds')
  return seconds
}

async function explainSbis(words: readonly string[]): Promise<number> {
  const { values, positionals } = readSaid(CLIENT_VERBS.explain, words)
  // Not loaded with the client that runs for months.
  const { explainToPerson } = await import('./explain-command.ts')
  const { config = DEFAULT_CONFIG, json: asJson = false } = values
  const isNamed = values.config !== undefined
  return explainToPerson(
    { port: readPort(positionals[0]), config: { path: config, isNamed }, asJson },
    print,
  )
}

/** @throws UsageError */
function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new UsageError(`“${text}” is not a port`)
}

async function readReceipts(words: readonly string[]): Promise<number> {
  const { values, positionals } = readSaid(CLIENT_VERBS['time-receipts'], words)
  // Not loaded with the client that runs for months.
  const { verifyReceiptsFile } = await import('./receipts-command.ts')
  const write = (text: string): unknown => process.stdout.write(text)
  const [verb, file] = positionals
  const { json: asJson = false, root } = values
  if (verb === undefined) {
    const { stateDirectory, managementRoot } = await configOf(values)
    const own = join(stateDirectory, RECEIPTS_FILE)
    return verifyReceiptsFile({ file: own, root: managementRoot, asJson }, write)
  }
  if (verb !== 'verify' || file === undefined || root === undefined)
    throw new UsageError('To verify a list: time-receipts verify --root <pem> <file>')
  return verifyReceiptsFile({ file, root, asJson }, write)
}

function show(report: StatusReport, asJson = false): number {
  const hasColours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined
  print(asJson ? `${JSON.stringify(report)}\n` : printStatus(report, hasColours))
  return isWell(report) ? 0 : 1
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

const helpFor = (program: Program): string => helpOf(program, NAME)

const describeAll = (): string =>
  [
    ...Object.values(CLIENT_VERBS).map(helpFor),
    `The configuration is ${DEFAULT_CONFIG} unless --config names another. Every verb takes --help and --version.`,
    'Exit status: 0 all is well, 1 something is not, 2 usage error, 75 the client asks to be started again;',
    'of “once” also 3 the network does not lead to the server, 4 trouble with the proxy, 5 what answers is not the server.\n',
  ].join('\n')

function unknownVerb(word: string): UsageError {
  const nearest = findNearest(word, Object.keys(CLIENT_VERBS))
  const remedy =
    nearest === undefined
      ? `There are: ${Object.keys(CLIENT_VERBS).join(', ')}`
      : `Did you mean “${nearest}”?`
  return new UsageError(`There is no “${word}”. ${remedy}`)
}
