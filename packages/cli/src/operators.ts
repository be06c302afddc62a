import type { AccessEntry } from '@sanad/protocol/operator-api/access-log'
import {
  INVITATION_PAGE,
  type InvitedOperator,
  type OperatorView,
} from '@sanad/protocol/operator-api/operators'
import type { Role } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import { listAll } from './pages.ts'
import { askSecret, moment, print, table } from './terminal.ts'
import { type Said, type Verb, need, number, text } from './verb.ts'
import { ROLES } from '@sanad/protocol/domain/permissions'
import { ACCESS_OUTCOMES } from '@sanad/protocol/operator-api/choices'
import { choiceOf, given, needChoice } from './choices.ts'

/** Operators’ accounts, sessions and the access log. On the server’s host there is `sanad operator` besides. */

async function findOperator({ connection }: Said, name: string): Promise<OperatorView> {
  const { items } = await connection.call('listOperators')
  const folded = name.normalize('NFC').toLowerCase()
  const found = items.find((each) => each.operatorId === name || each.name.toLowerCase() === folded)
  if (found === undefined) throw new SanadError('operator.not-found', name)
  return found
}

const asked = (said: Said): Promise<OperatorView> => findOperator(said, need(said, 0, '<operator>'))

const inRow = (each: OperatorView): string[] => [
  each.name,
  each.role,
  each.state,
  each.credential,
  moment(each.credentialEndsAt),
  moment(each.lastSignedInAt),
]

const HEAD = ['name', 'role', 'state', 'gets in by', 'until', 'last signed in']

async function listOperators(said: Said): Promise<void> {
  const { items } = await said.connection.call('listOperators')
  if (said.terminal.isJson) for (const each of items) print(said.terminal, each, () => '')
  else print(said.terminal, items, () => table(HEAD, items.map(inRow)))
}

function printInvited({ connection, terminal }: Said, invited: InvitedOperator): void {
  const { operator, invitation } = invited
  const url = new URL(INVITATION_PAGE, connection.server)
  url.hash = invitation.token
  print(terminal, { ...invited, url: url.href }, () =>
    [
      `Link for ${operator.name}, ${operator.role}, shown this once; it expires ${moment(invitation.endsAt)}:`,
      url.href,
    ].join('\n'),
  )
}

const METHODS = ['GET', 'POST', 'DELETE'] as const

const roleOf = (said: Said): Role => needChoice(said, 'role', ROLES)

async function invite(said: Said): Promise<void> {
  const body = { name: need(said, 0, '<name>'), role: roleOf(said) }
  const invited = await said.connection.call('inviteOperator', { body })
  printInvited(said, invited)
}

async function reset(said: Said): Promise<void> {
  const { operatorId } = await asked(said)
  printInvited(said, await said.connection.call('resetOperator', { params: { operatorId } }))
}

const act =
  (what: 'disableOperator' | 'enableOperator') =>
  async (said: Said): Promise<void> => {
    const { operatorId } = await asked(said)
    const changed = await said.connection.call(what, { params: { operatorId } })
    print(said.terminal, changed, () => table(HEAD, [inRow(changed)]))
  }

async function changeRole(said: Said): Promise<void> {
  const { operatorId } = await asked(said)
  const changed = await said.connection.call('changeOperatorRole', {
    params: { operatorId },
    body: { role: roleOf(said) },
  })
  print(said.terminal, changed, () => table(HEAD, [inRow(changed)]))
}

/** The operator that `--of` names; undefined for oneself. */
async function readOf(said: Said): Promise<{ readonly operatorId: string } | undefined> {
  const of = text(said, 'of')
  if (of === undefined) return undefined
  const { operatorId } = await findOperator(said, of)
  return { operatorId }
}

async function listSessions(said: Said): Promise<void> {
  const { call } = said.connection
  const params = await readOf(said)
  const { items } = await (params === undefined
    ? call('listOwnSessions')
    : call('listOperatorSessions', { params }))
  if (said.terminal.isJson) {
    for (const each of items) print(said.terminal, each, () => '')
    return
  }
  print(said.terminal, items, () =>
    table(
      ['session', 'address', 'signed in', 'last used', 'browser'],
      items.map((each) => [
        each.sessionId,
        each.address,
        moment(each.signedInAt),
        moment(each.lastUsedAt),
        `${each.isCurrent ? '(this one) ' : ''}${each.browser}`,
      ]),
    ),
  )
}

async function endSessions(said: Said): Promise<void> {
  const { call } = said.connection
  const params = await readOf(said)
  const [sessionId] = said.positionals
  if (sessionId !== undefined) {
    await (params === undefined
      ? call('endOwnSession', { params: { sessionId } })
      : call('endOperatorSession', { params: { ...params, sessionId } }))
    return print(said.terminal, { ended: 1 }, () => 'The session has ended.')
  }
  const { ended } = await (params === undefined
    ? call('endOwnOtherSessions')
    : call('endOperatorSessions', { params }))
  print(said.terminal, { ended }, () => `Ended: ${ended}.`)
}

async function changePassword(said: Said): Promise<void> {
  const currentPassword = await askSecret('Current password: ')
  const newPassword = await askSecret('New password: ')
  const body = { currentPassword, newPassword }
  await said.connection.call('changePassword', { body })
  print(said.terminal, { changed: true }, () => 'Changed; your other sessions have ended.')
}

async function listAccess(said: Said): Promise<void> {
  const query = given({
    operatorId: (await readOf(said))?.operatorId,
    method: choiceOf(said, 'method', METHODS),
    route: text(said, 'route'),
    outcome: choiceOf(said, 'outcome', ACCESS_OUTCOMES),
    address: text(said, 'address'),
    since: text(said, 'since'),
    until: text(said, 'until'),
  })
  const limit = number(said, 'limit') ?? 50
  const rows: AccessEntry[] = []
  for await (const row of listAll(said.connection, 'listAccessLog', { query }, limit))
    if (said.terminal.isJson) print(said.terminal, row, () => '')
    else rows.push(row)
  if (said.terminal.isJson) return
  print(said.terminal, rows, () =>
    table(['time', 'operator', 'address', 'request', 'outcome', 'times'], rows.map(accessRow)),
  )
}

const accessRow = (row: AccessEntry): string[] => [
  row.at.slice(0, 19).replace('T', ' '),
  row.operatorName ?? row.operatorId ?? '–',
  row.address,
  `${row.method} ${row.path ?? row.route}`,
  row.code === null ? String(row.status) : `${row.status} ${row.code}`,
  String(row.occurrences),
]

const OF = { of: { type: 'string' } } as const
const ROLE = { role: { type: 'string' } } as const

export const OPERATOR_VERBS: readonly Verb[] = [
  {
    name: 'operators list',
    usage: '',
    summary: 'who may sign in, and as what',
    run: listOperators,
  },
  {
    name: 'operators invite',
    usage: '<name> --role <role>',
    summary: 'a new operator; prints a link, once, by which they choose a password',
    options: ROLE,
    run: invite,
  },
  {
    name: 'operators role',
    usage: '<operator> --role <role>',
    summary: 'another role, from their next request on',
    options: ROLE,
    run: changeRole,
  },
  {
    name: 'operators reset',
    usage: '<operator>',
    summary: 'takes password and sessions away; prints a new link, once',
    run: reset,
  },
  {
    name: 'operators disable',
    usage: '<operator>',
    summary: 'out at once, until they are enabled',
    run: act('disableOperator'),
  },
  {
    name: 'operators enable',
    usage: '<operator>',
    summary: 'in again',
    run: act('enableOperator'),
  },
  {
    name: 'operators sessions',
    usage: '[--of <operator>]',
    summary: 'your sessions, or another’s: address, browser, first and last use',
    options: OF,
    run: listSessions,
  },
  {
    name: 'operators end-sessions',
    usage: '[<session>] [--of <operator>]',
    summary: 'ends that session; without one, all but yours here, or all of the other operator',
    options: OF,
    run: endSessions,
  },
  {
    name: 'operators password',
    usage: '',
    summary: 'changes your own password, and ends your other sessions',
    run: changePassword,
  },
  {
    name: 'operators access-log',
    usage:
      '[--of <operator>] [--outcome ok|refused|failed] [--method <m>] [--route </…>] [--address <a>] [--since <time>] [--until <time>] [--limit <n>]',
    summary: 'who asked what at the operators’ door, newest first',
    options: {
      ...OF,
      outcome: { type: 'string' },
      method: { type: 'string' },
      route: { type: 'string' },
      address: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
      limit: { type: 'string' },
    },
    run: listAccess,
  },
]
