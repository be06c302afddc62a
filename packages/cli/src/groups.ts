import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Answers } from '@sanad/protocol/operator-api/ask'
import { isUuid } from '@sanad/protocol/text/uuid'
import type {
  GroupChange,
  GroupDetail,
  GroupView,
  NewGroup,
} from '@sanad/protocol/operator-api/groups'
import { REASONS } from '@sanad/protocol/domain/reasons'
import { SanadError } from '@sanad/protocol/text/problems'
import { UsageError } from '@sanad/command-line/program'
import { followAct } from './bulk-acts.ts'
import type { Call } from './connection.ts'
import { FILTERS, FILTER_USAGE, filterOf, isFiltered } from './device-filter.ts'
import { followFilling } from './filling.ts'
import { findDeviceId } from './find-device.ts'
import { facts, moment, print, table } from './terminal.ts'
import { type Said, type Verb, need, text } from './verb.ts'
import { needReason } from './choices.ts'

/** Groups of devices: programmes, regions, centres. */

/** People have names, programs have ids: either names a group. @throws SanadError `group.not-found` */
async function findGroupId(call: Call, name: string): Promise<string> {
  if (isUuid(name)) return name
  const { items } = await call('listGroups')
  const found = items.find((group) => group.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new SanadError('group.not-found', name)
  return found.groupId
}

const groupOf = (said: Said): Promise<string> =>
  findGroupId(said.connection.call, need(said, 0, 'a group'))

async function listGroups({ connection, terminal }: Said): Promise<void> {
  const { items } = await connection.call('listGroups')
  print(terminal, items, () =>
    table(
      ['NAME', 'DEVICES', 'MARKET', 'ID'],
      items.map((group) => [group.name, String(group.devices), marketOf(group), group.groupId]),
    ),
  )
}

const marketOf = ({ country, environment }: Pick<GroupView, 'country' | 'environment'>): string =>
  country === null ? '–' : `${country} ${environment}`

async function showGroup(said: Said): Promise<void> {
  const params = { groupId: await groupOf(said) }
  const group = await said.connection.call('readGroup', { params })
  print(said.terminal, group, () => describeGroup(group))
}

const describeGroup = (group: GroupDetail): string =>
  facts([
    ['group', group.name],
    ['id', group.groupId],
    ['devices', group.devices],
    ...Object.entries(group.states).map(([state, count]): [string, number] => [state, count]),
    ['connected', group.connected],
    ['market', marketOf(group)],
    [
      'policy',
      group.policy === null
        ? 'of the model or the fleet'
        : `${group.policy.name}, version ${group.policy.version}`,
    ],
    ['made', moment(group.createdAt)],
  ])

async function createGroup(said: Said): Promise<void> {
  const name = need(said, 0, 'a name')
  const body = { name, ...marketSaid(said) }
  const group = await said.connection.call('createGroup', { body })
  print(said.terminal, group, () => `Group ${group.name} created: ${group.groupId}`)
}

function marketSaid(said: Said): Pick<NewGroup, 'country' | 'environment'> {
  const [country, environment] = [text(said, 'country'), text(said, 'environment')]
  return {
    ...(country !== undefined && { country }),
    ...(environment !== undefined && { environment }),
  }
}

/** @throws UsageError for a country without an environment, and the reverse */
function wholeMarket(said: Said): NonNullable<GroupChange['market']> | undefined {
  const { country, environment } = marketSaid(said)
  if (country === undefined && environment === undefined) return undefined
  if (country === undefined || environment === undefined)
    throw new UsageError('--country and --environment belong together')
  return { country, environment }
}

async function changeGroup(said: Said): Promise<void> {
  const name = text(said, 'name')
  const market = wholeMarket(said)
  const isNone = said.options['no-market'] === true
  const body = {
    ...(name !== undefined && { name }),
    ...(isNone && { market: null }),
    ...(market !== undefined && { market }),
  }
  const params = { groupId: await groupOf(said) }
  const group = await said.connection.call('changeGroup', { params, body })
  print(said.terminal, group, () => describeGroup(group))
}

async function addToGroup(said: Said): Promise<void> {
  const { connection, terminal } = said
  const params = { groupId: await groupOf(said) }
  const names = said.positionals.slice(1)
  const filter = filterOf(said)
  if (isFiltered(filter) === names.length > 0)
    throw new UsageError('name devices, or give a filter')
  if (isFiltered(filter)) {
    const body = { filter, bulkActId: randomUUID() }
    return followMove(said, await connection.call('assignToGroup', { params, body }))
  }
  const deviceIds = await Promise.all(names.map((name) => findDeviceId(connection.call, name)))
  const { devices } = await connection.call('assignToGroup', { params, body: { deviceIds } })
  print(terminal, { devices }, () => `${devices} devices changed their group.`)
}

/** Found by a filter they may be many: then an act moves them, which is followed. */
const followMove = (said: Said, moved: Answers<'assignToGroup'>): Promise<void> | undefined =>
  'bulkActId' in moved ? followAct(said, moved) : undefined

async function fillGroup(said: Said): Promise<void> {
  const groupId = await groupOf(said)
  const file = need(said, 1, 'a file')
  const { size } = await stat(file)
  const upload = { stream: createReadStream(file), type: 'text/csv', bytes: size }
  const params = { groupId, bulkActId: randomUUID() }
  await followAct(said, await said.connection.call('fillGroup', { params, body: upload }))
}

async function emptyGroup(said: Said): Promise<void> {
  const body = { filter: { groupId: await groupOf(said) }, bulkActId: randomUUID() }
  const params = { groupId: 'none' }
  await followMove(said, await said.connection.call('assignToGroup', { params, body }))
}

async function deleteGroup(said: Said): Promise<void> {
  const groupId = await groupOf(said)
  await said.connection.call('deleteGroup', { params: { groupId } })
  print(said.terminal, { groupId }, () => 'The group is deleted.')
}

async function rotateGroup(said: Said): Promise<void> {
  const { call } = said.connection
  const given = await call('orderRotation', {
    body: {
      orderId: randomUUID(),
      filter: { groupId: await groupOf(said), state: ['registered'] },
      reason: needReason(said),
    },
  })
  const params = { orderId: given.orderId }
  const order = await followFilling(said, given, () => call('readRotationOrder', { params }))
  print(
    said.terminal,
    order,
    () => `Rotation ordered for ${order.devices} devices, until ${moment(order.windowEnd)}.`,
  )
}

const MARKET = { country: { type: 'string' }, environment: { type: 'string' } } as const

export const GROUP_VERBS: readonly Verb[] = [
  {
    name: 'groups list',
    usage: '',
    summary: 'groups, with their number of devices',
    run: listGroups,
  },
  {
    name: 'groups show',
    usage: '<group>',
    summary: 'one group: its devices by state, its market and its policy',
    run: showGroup,
  },
  {
    name: 'groups create',
    usage: '<name> [--country <ET> --environment <name>]',
    summary: 'create a group, for one market or for any',
    options: MARKET,
    run: createGroup,
  },
  {
    name: 'groups change',
    usage: '<group> [--name <name>] [--country <ET> --environment <name> | --no-market]',
    summary: 'rename a group, or give it another market',
    options: { ...MARKET, name: { type: 'string' }, 'no-market': { type: 'boolean' } },
    run: changeGroup,
  },
  {
    name: 'groups add',
    usage: `<group> (<device>… | ${FILTER_USAGE})`,
    summary: 'put devices into a group, by name or by a filter',
    options: FILTERS,
    run: addToGroup,
  },
  {
    name: 'groups fill',
    usage: '<group> <file.csv>',
    summary: 'put the devices of a file of serial numbers into a group',
    run: fillGroup,
  },
  {
    name: 'groups empty',
    usage: '<group>',
    summary: 'take every device out of a group',
    run: emptyGroup,
  },
  {
    name: 'groups delete',
    usage: '<group>',
    summary: 'delete a group that has no devices and no policy',
    run: deleteGroup,
  },
  {
    name: 'groups rotate',
    usage: '<group> --reason <reason>',
    summary: `order new keys for the registered devices of a group; reasons: ${REASONS.join(', ')}`,
    options: { reason: { type: 'string' } },
    run: rotateGroup,
  },
]
