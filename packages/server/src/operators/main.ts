import { UsageError, need, runProgram } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import { ROLES, type Role } from '@sanad/protocol/domain/permissions'
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

/** `sanad operator …`: operators’ accounts on the server’s host, for accounts that may read its configuration. docs/operators.md */

type Verb = (database: Database, values: Values) => Promise<string>

interface Values {
  readonly name?: string | undefined
  readonly role?: string | undefined
  readonly 'password-file'?: string | undefined
}

const VERBS: Readonly<Record<string, Verb>> = {
  list: async (database) => listed(await accountsOf(database).list()),
  add: async (database, values) => {
    const operator = { name: nameOf(values), role: roleOf(values) }
    return added(operator.name, await addOnHost(database, operator, password(values)))
  },
  reset: async (database, values) => {
    const told = await resetOnHost(
      database,
      await findByName(database, nameOf(values)),
      password(values),
    )
    return `${nameOf(values)} is reset; their sessions have ended.\n${toldOf(nameOf(values), told)}`
  },
  role: async (database, values) => {
    const role = roleOf(values)
    const operatorId = await findByName(database, nameOf(values))
    return listed([await accountsOf(database).changeRole(operatorId, role, hostDoer())])
  },
  disable: async (database, values) => {
    const operatorId = await findByName(database, nameOf(values))
    return listed([await accountsOf(database).disable(operatorId, hostDoer())])
  },
  enable: async (database, values) => {
    const operatorId = await findByName(database, nameOf(values))
    return listed([await accountsOf(database).enable(operatorId, hostDoer())])
  },
}

const accountsOf = (database: Database): OperatorAccounts =>
  new OperatorAccounts(database, systemClock)

const password = ({ 'password-file': passwordFile }: Values): HostPassword =>
  passwordFile === undefined ? {} : { passwordFile }

function nameOf({ name }: Values): string {
  // The same form that the API asks for: no control characters, no space at the ends.
  if (name === undefined || !/^[^\p{C}\s](?:[^\p{C}]{0,126}[^\p{C}\s])?$/u.test(name))
    throw new UsageError('--name: a name of 1 to 128 characters, without space at its ends')
  return name
}

function roleOf(values: Values): Role {
  const role = ROLES.find((each) => each === values.role)
  if (role === undefined) throw new UsageError(`--role: one of ${ROLES.join(', ')}`)
  return role
}

async function first(database: Database, values: Values): Promise<string> {
  const told = await addFirstOnHost(database, nameOf(values), password(values))
  if (told !== undefined) return added(nameOf(values), told)
  // The words were right: this is no usage error.
  throw new Error(
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

await runProgram(PROGRAMS.operator, async ({ values, positionals: [word] }) => {
  const verb = word === undefined ? first : VERBS[word]
  if (verb === undefined)
    throw new UsageError(`there is no “${word}”; there are: ${Object.keys(VERBS).join(', ')}`)
  const config = await loadConfig(need(values.config, '--config <server.yaml>'))
  const { database, close } = await openServerDatabase(config)
  try {
    process.stdout.write(await verb(database, values))
  } finally {
    await close()
  }
})
