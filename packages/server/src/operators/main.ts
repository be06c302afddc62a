import { parseArgs } from 'node:util'
import type { OperatorView } from '@sanad/protocol/api/operators'
import { ROLES, type Role } from '@sanad/protocol/permissions'
import { SanadError } from '@sanad/protocol/problems'
import { systemClock } from '../platform/clock.ts'
import { loadConfig } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import { openServerDatabase } from '../platform/server-database.ts'
import { OperatorAccounts } from './operator-accounts.ts'
import {
  type HostPassword,
  type Told,
  addFirstOnHost,
  addOnHost,
  findByName,
  hostDoer,
  resetOnHost,
} from './host-accounts.ts'

/** `sanad operator …`: operators’ accounts on the server’s host, for whoever may read its configuration. docs/operators.md */

const USAGE = `On the server’s host; it works on the server’s database, and every change goes on record.

  sanad operator list    --config <server.yaml>
  sanad operator add     --config <server.yaml> --name <name> --role <role> [--password-file <file>]
  sanad operator reset   --config <server.yaml> --name <name> [--password-file <file>]
  sanad operator role    --config <server.yaml> --name <name> --role <role>
  sanad operator disable --config <server.yaml> --name <name>
  sanad operator enable  --config <server.yaml> --name <name>
  sanad operator         --config <server.yaml> --name <name> [--password-file <file>]
      the first administrator of a new server

Roles: ${ROLES.join(', ')}.
`

/** What is wrong with the words of the command. */
class UsageError extends Error {}

if (process.argv.some((word) => word === '--help' || word === '-h')) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const { values, positionals } = parseArguments()

function parseArguments() {
  try {
    return parseArgs({
      options: {
        config: { type: 'string' },
        name: { type: 'string' },
        role: { type: 'string' },
        'password-file': { type: 'string' },
      },
      allowPositionals: true,
    })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

type Verb = (database: Database) => Promise<string>

const VERBS: Readonly<Record<string, Verb>> = {
  list: async (database) => listed(await accountsOf(database).list()),
  add: async (database) => {
    const operator = { name: nameOf(), role: roleOf() }
    return added(operator.name, await addOnHost(database, operator, password()))
  },
  reset: async (database) => {
    const told = await resetOnHost(database, await findByName(database, nameOf()), password())
    return `${nameOf()} is reset; their sessions have ended.\n${toldOf(nameOf(), told)}`
  },
  role: async (database) => {
    const role = roleOf()
    const operatorId = await findByName(database, nameOf())
    return listed([await accountsOf(database).changeRole(operatorId, role, hostDoer())])
  },
  disable: async (database) => {
    const operatorId = await findByName(database, nameOf())
    return listed([await accountsOf(database).disable(operatorId, hostDoer())])
  },
  enable: async (database) => {
    const operatorId = await findByName(database, nameOf())
    return listed([await accountsOf(database).enable(operatorId, hostDoer())])
  },
}

const accountsOf = (database: Database): OperatorAccounts =>
  new OperatorAccounts(database, systemClock)

const password = (): HostPassword => {
  const passwordFile = values['password-file']
  return passwordFile === undefined ? {} : { passwordFile }
}

function nameOf(): string {
  const { name } = values
  // The same form that the API asks for: no control characters, no space at the ends.
  if (name === undefined || !/^[^\p{C}\s](?:[^\p{C}]{0,126}[^\p{C}\s])?$/u.test(name))
    throw new UsageError('--name: a name of 1 to 128 characters, without space at its ends')
  return name
}

function roleOf(): Role {
  const role = ROLES.find((each) => each === values.role)
  if (role === undefined) throw new UsageError(`--role: one of ${ROLES.join(', ')}`)
  return role
}

async function first(database: Database): Promise<string> {
  const told = await addFirstOnHost(database, nameOf(), password())
  if (told !== undefined) return added(nameOf(), told)
  throw new UsageError(
    [
      'There is an operator already, and nothing was changed.',
      '  Another operator: sanad operator add --config … --name … --role …, or “Operators” in the portal.',
      '  One who cannot get in: sanad operator reset --config … --name …',
      '  Who there is: sanad operator list --config …',
    ].join('\n'),
  )
}

const added = (name: string, told: Told): string =>
  told.oneTimePassword === undefined ? `${name} is created.\n` : toldOf(name, told)

const toldOf = (name: string, { oneTimePassword, endsAt }: Told): string =>
  oneTimePassword === undefined
    ? ''
    : `One-time password of ${name}: ${oneTimePassword}\nIt expires ${endsAt}, or when it is changed at the first sign-in.\n`

const HOW: Record<OperatorView['credential'], string> = {
  password: 'own password',
  'one-time-password': 'one-time password',
  link: 'link',
  none: 'nothing: reset',
}

function listed(operators: readonly OperatorView[]): string {
  const rows = operators.map((each) => [
    each.name,
    each.role,
    each.state,
    HOW[each.credential] +
      (each.credentialEndsAt === null ? '' : ` until ${each.credentialEndsAt}`),
    each.lastSignedInAt ?? 'never',
  ])
  const all = [['NAME', 'ROLE', 'STATE', 'GETS IN BY', 'LAST SIGNED IN'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

async function run(path: string, verb: Verb): Promise<void> {
  const { database, close } = await openServerDatabase(await loadConfig(path))
  try {
    process.stdout.write(await verb(database))
  } finally {
    await close()
  }
}

const [word, ...more] = positionals
const verb = word === undefined ? first : VERBS[word]
if (values.config === undefined || verb === undefined || more.length > 0) {
  process.stderr.write(USAGE)
  process.exit(2)
}
try {
  await run(values.config, verb)
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}

function explain(error: unknown): string {
  if (!(error instanceof SanadError)) return error instanceof Error ? error.message : String(error)
  const detail =
    error.message === error.code ? '' : ` ${error.message.slice(error.code.length + 2)}`
  return `${error.title}${detail} (${error.code})`
}
