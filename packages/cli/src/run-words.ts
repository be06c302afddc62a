import { CLIENT_VERBS } from '@sanad/command-line/client-verbs'
import { type Completable, writeCompletion } from '@sanad/command-line/completion'
import { SANAD_VERSION, asksForHelp, asksForVersion, readSaid } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import { Connection } from './connection.ts'
import { COMPLETION, helpFor, unknownWords } from './help.ts'
import { loadSession, sessionPath } from './session-file.ts'
import { signIn, signOut } from './sign-in.ts'
import type { Terminal } from './terminal.ts'
import type { Said, Verb } from './verb.ts'
import { VERBS } from './verbs.ts'

const terminalOf = (isJson = false): Terminal => ({
  isJson,
  out: process.stdout,
  err: process.stderr,
})

const JSON_OPTION = { json: { type: 'boolean' } } as const

const SIGN_IN = {
  name: 'sign-in',
  usage: [
    '--server https://… --root <management-root.pem> --name <operator> [--password-file <file>]',
  ],
  summary: 'Opens a session at a server, for the commands below.',
  options: {
    ...JSON_OPTION,
    server: { type: 'string' },
    root: { type: 'string' },
    name: { type: 'string' },
    'password-file': { type: 'string' },
  },
} as const

const SIGN_OUT = {
  name: 'sign-out',
  usage: [''],
  summary: 'Ends the session, here and at the server.',
  options: JSON_OPTION,
} as const

/** @throws UsageError, SanadError */
export async function runWords(words: readonly string[]): Promise<void> {
  const [first = 'help', ...rest] = words
  if (asksForHelp([first, ...rest])) return void process.stdout.write(helpFor(words))
  if (asksForVersion(words)) return void process.stdout.write(`sanad ${SANAD_VERSION}\n`)
  if (first === COMPLETION.name) return printCompletion(rest)
  if (first === 'sign-in') {
    const { values } = readSaid(SIGN_IN, rest)
    const { json, server, root, name, 'password-file': passwordFile } = values
    return signIn({ server, root, name, passwordFile }, terminalOf(json))
  }
  if (first === 'sign-out') return signOut(terminalOf(readSaid(SIGN_OUT, rest).values.json))
  const verb = findVerb(words)
  if (verb === undefined) throw unknownWords(words)
  return runVerb(verb, words.slice(verb.name.split(' ').length))
}

function printCompletion(words: readonly string[]): void {
  const [shell] = readSaid(COMPLETION, words).positionals
  const verbs = VERBS.map(({ name, options }) => ({
    name,
    options: { ...JSON_OPTION, ...options },
  }))
  const ofClient = Object.values(CLIENT_VERBS).map((verb): Completable => ({
    ...verb,
    name: `client ${verb.name}`,
  }))
  const all = [...Object.values(PROGRAMS), SIGN_IN, SIGN_OUT, COMPLETION, ...ofClient, ...verbs]
  process.stdout.write(writeCompletion(shell, 'sanad', all))
}

const findVerb = (words: readonly string[]): Verb | undefined =>
  VERBS.find(({ name }) => name.split(' ').every((word, index) => words[index] === word))

/** Nobody names more devices in one line. */
const MOST_WORDS = 10_000

async function runVerb(verb: Verb, words: readonly string[]): Promise<void> {
  const { values, positionals } = readSaid(
    {
      name: verb.name,
      usage: [verb.usage],
      summary: verb.summary,
      options: { ...JSON_OPTION, ...verb.options },
      mostWords: MOST_WORDS,
    },
    words,
  )
  const options: Said['options'] = values
  const connection = new Connection(await loadSession(sessionPath()))
  await verb.run({ connection, terminal: terminalOf(values.json === true), positionals, options })
}
