import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { SanadError } from '@sanad/protocol/problems'
import { ANY_OPERATION } from './any-operation.ts'
import { COMMAND_VERBS } from './commands.ts'
import { Connection } from './connection.ts'
import { DEVICE_VERBS } from './devices.ts'
import { KEY_VERBS } from './keys.ts'
import { RECORD_VERBS } from './record.ts'
import { loadSession, sessionPath } from './session-file.ts'
import { signIn, signOut } from './sign-in.ts'
import type { Terminal } from './terminal.ts'
import { UsageError, type Verb } from './verb.ts'

/** The operators’ command line, over the same API as the portal. */

const VERBS: readonly Verb[] = [
  ...DEVICE_VERBS,
  ...COMMAND_VERBS,
  ...KEY_VERBS,
  ...RECORD_VERBS,
  ANY_OPERATION,
]

const SIGN_IN_OPTIONS = {
  server: { type: 'string' },
  root: { type: 'string' },
  name: { type: 'string' },
  'password-file': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

const COMMON = { json: { type: 'boolean' } } as const

const terminalOf = (isJson: boolean): Terminal => ({
  isJson,
  out: process.stdout,
  err: process.stderr,
})

async function run(words: readonly string[]): Promise<void> {
  const [first = 'help'] = words
  if (first === 'sign-in') {
    const { values } = parseArgs({
      args: words.slice(1),
      options: { ...COMMON, ...SIGN_IN_OPTIONS },
    })
    const { server, root, name, json = false } = values
    return signIn({ server, root, name, passwordFile: values['password-file'] }, terminalOf(json))
  }
  if (first === 'sign-out') return signOut(terminalOf(words.includes('--json')))
  const verb = findVerb(words)
  if (verb === undefined) return void process.stdout.write(help(words))
  const { values, positionals } = parseArgs({
    args: words.slice(verb.name.split(' ').length),
    options: { ...COMMON, ...verb.options },
    allowPositionals: true,
  })
  const connection = new Connection(await loadSession(sessionPath()))
  const options: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>> =
    values
  await verb.run({
    connection,
    terminal: terminalOf(options['json'] === true),
    positionals,
    options,
  })
}

const findVerb = (words: readonly string[]): Verb | undefined =>
  VERBS.find(({ name }) => name.split(' ').every((word, index) => words[index] === word))

function help([first]: readonly string[]): string {
  const wanted = VERBS.filter(({ name }) => first === undefined || name.startsWith(`${first} `))
  const shown = wanted.length > 0 ? wanted : VERBS
  const lines = shown.map(({ name, usage, summary }) => `  ${name} ${usage}\n      ${summary}`)
  return [
    'sanad sign-in --server https://… --root management-root.pem --name <operator> [--password-file <file>]',
    'sanad sign-out',
    'Every command takes --json.',
    '',
    ...lines,
    '',
  ].join('\n')
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  process.exitCode = explain(error)
}

function explain(error: unknown): number {
  if (error instanceof UsageError || isParseError(error)) {
    process.stderr.write(`${error.message}\n`)
    return 2
  }
  if (error instanceof SanadError) {
    const detail =
      error.message === error.code ? '' : ` (${error.message.slice(error.code.length + 2)})`
    process.stderr.write(`${error.title}${detail}\n${error.code}\n`)
    return 1
  }
  process.stderr.write(`${error instanceof Error ? error.message : 'Something went wrong.'}\n`)
  return 1
}

function isParseError(error: unknown): error is Error {
  return (
    error instanceof TypeError &&
    'code' in error &&
    `${String(error.code)}`.startsWith('ERR_PARSE_ARGS')
  )
}
