import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import { isUuid } from '@sanad/protocol/text/uuid'
import type { GroupDetail, GroupList, GroupView } from '@sanad/protocol/operator-api/groups'
import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { REASONS } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { UsageError } from '@sanad/command-line/program'
import { followAct } from './bulk-acts.ts'
import type { Ask } from './connection.ts'
import { FILTERS, FILTER_USAGE, filterOf, isFiltered } from './device-filter.ts'
import { followFilling } from './filling.ts'
import { findDeviceId } from './find-device.ts'
import { facts, moment, print, table } from './terminal.ts'
import { type Said, type Verb, need, needOption, text } from './verb.ts'

/** Groups of devices: programmes, regions, centres. */

/** People have names, programs have ids: either names a group. @throws SanadError `group.not-found` */
async function findGroupId(ask: Ask, name: string): Promise<string> {
  if (isUuid(name)) return name
  const { items } = await ask<GroupList>({ path: '/groups' })
  const found = items.find((group) => group.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new SanadError('group.not-found', name)
  return found.groupId
}

const groupOf = (said: Said): Promise<string> =>
  findGroupId(said.connection.ask, need(said, 0, 'a group'))

async function listGroups({ connection, terminal }: Said): Promise<void> {
  const { items } = await connection.ask<GroupList>({ path: '/groups' })
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
  const group = await said.connection.ask<GroupDetail>({ path: `/groups/${await groupOf(said)}` })
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
  const group = await said.connection.ask<GroupView>({ method: 'POST', path: '/groups', body })
  print(said.terminal, group, () => `Group ${group.name} created: ${group.groupId}`)
}

function marketSaid(said: Said): { country?: string; environment?: string } {
  const [country, environment] = [text(said, 'country'), text(said, 'environment')]
  return {
    ...(country !== undefined && { country }),
    ...(environment !== undefined && { environment }),
  }
}

async function changeGroup(said: Said): Promise<void> {
  const name = text(said, 'name')
  const market = marketSaid(said)
  const isNone = said.options['no-market'] === true
  const body = {
    ...(name !== undefined && { name }),
    ...(isNone && { market: null }),
    ...(Object.keys(market).length > 0 && { market }),
  }
  const path = `/groups/${await groupOf(said)}`
  const group = await said.connection.ask<GroupDetail>({ method: 'POST', path, body })
  print(said.terminal, group, () => describeGroup(group))
}

async function addToGroup(said: Said): Promise<void> {
  const { connection, terminal } = said
  const path = `/groups/${await groupOf(said)}/devices`
  const names = said.positionals.slice(1)
  const filter = filterOf(said)
  if (isFiltered(filter) === names.length > 0)
    throw new UsageError('name devices, or give a filter')
  if (isFiltered(filter)) {
    const body = { filter, bulkActId: randomUUID() }
    return followAct(said, await connection.ask<BulkActView>({ method: 'POST', path, body }))
  }
  const deviceIds = await Promise.all(names.map((name) => findDeviceId(connection.call, name)))
  const body = { deviceIds }
  const { devices } = await connection.ask<{ devices: number }>({ method: 'POST', path, body })
  print(terminal, { devices }, () => `${devices} devices changed their group.`)
}

async function fillGroup(said: Said): Promise<void> {
  const groupId = await groupOf(said)
  const file = need(said, 1, 'a file')
  const { size } = await stat(file)
  const upload = { stream: createReadStream(file), type: 'text/csv', bytes: size }
  const path = `/groups/${groupId}/fill/${randomUUID()}`
  await followAct(said, await said.connection.ask<BulkActView>({ method: 'POST', path, upload }))
}

async function emptyGroup(said: Said): Promise<void> {
  const body = { filter: { groupId: await groupOf(said) }, bulkActId: randomUUID() }
  const path = '/groups/none/devices'
  await followAct(said, await said.connection.ask<BulkActView>({ method: 'POST', path, body }))
}

async function deleteGroup(said: Said): Promise<void> {
  const groupId = await groupOf(said)
  await said.connection.ask<void>({ method: 'DELETE', path: `/groups/${groupId}` })
  print(said.terminal, { groupId }, () => 'The group is deleted.')
}

async function rotateGroup(said: Said): Promise<void> {
  const body = {
    orderId: randomUUID(),
    filter: { groupId: await groupOf(said), state: ['registered'] },
    reason: needOption(said, 'reason'),
  }
  const path = '/rotation-orders'
  const given = await said.connection.ask<RotationOrderView>({ method: 'POST', path, body })
  const order = await followFilling(said, given, `${path}/${given.orderId}`)
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
    summary: 'groups with how many devices each has',
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
    summary: 'make a group, for a market or for any',
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
