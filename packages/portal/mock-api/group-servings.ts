import { randomUUID } from 'node:crypto'
import type { DeviceSelection } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupDetail, GroupView } from '@sanad/protocol/operator-api/groups'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, uuidOf } from './fleet.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

/** @throws SanadError `group.not-found` */
function find(world: World, groupId: string): GroupView {
  const group = world.keys.groups.find((each) => each.groupId === groupId)
  if (group === undefined) throw new SanadError('group.not-found')
  return group
}

function view(world: World, groupId: string): GroupDetail {
  const group = find(world, groupId)
  const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
  const devices = world.fleet.filter((device) => device.group?.groupId === groupId)
  for (const { state } of devices) states[state] += 1
  const connected = devices.filter((device) => device.connected).length
  return { ...group, devices: devices.length, states, connected, policy: null }
}

function move(world: World, groupId: string, bulkActId: string, selection: DeviceSelection) {
  if (groupId !== 'none') find(world, groupId)
  return world.bulk.order(world, { act: 'assign-group', groupId, bulkActId, selection })
}

/** @throws SanadError `group.file-not-readable` */
function devicesOfFile(world: World, csv: string): string[] {
  const named = new Set(
    csv.split(/\r?\n/).map((line) => line.split(',')[0]?.replaceAll('"', '').trim()),
  )
  const found = world.fleet.filter(({ serialNo }) => named.has(serialNo))
  if (found.length === 0) throw new SanadError('group.file-not-readable')
  return found.map(({ deviceId }) => deviceId)
}

export const GROUP_SERVINGS = {
  listGroups: ({ world }) => ({ items: world.keys.groups }),
  createGroup: ({ world, body: { name, country = null, environment = null } }) => {
    if (world.keys.groups.some((each) => each.name === name))
      throw new SanadError('group.duplicate')
    const market = { country, environment }
    const group = {
      groupId: uuidOf(name),
      name,
      ...market,
      devices: 0,
      createdAt: iso(Date.now()),
    }
    world.keys.groups = [...world.keys.groups, group]
    return group
  },
  readGroup: ({ world, params: { groupId } }) => view(world, groupId),
  changeGroup: ({ world, params: { groupId }, body: { name, market } }) => {
    const group = find(world, groupId)
    const taken = market === null ? { country: null, environment: null } : market
    const changed = { ...group, ...(name !== undefined && { name }), ...taken }
    world.keys.groups = world.keys.groups.map((each) => (each === group ? changed : each))
    return view(world, groupId)
  },
  deleteGroup: ({ world, params: { groupId } }) => {
    if (view(world, groupId).devices > 0) throw new SanadError('group.in-use')
    world.keys.groups = world.keys.groups.filter((each) => each.groupId !== groupId)
    return undefined
  },
  assignToGroup: ({ world, params: { groupId }, body }) => {
    if ('filter' in body)
      return move(world, groupId, body.bulkActId ?? randomUUID(), { filter: body.filter })
    const group = groupId === 'none' ? null : find(world, groupId)
    const devices = world.fleet.filter(({ deviceId }) => body.deviceIds.includes(deviceId))
    world.assign(devices, group === null ? null : { groupId, name: group.name })
    return { devices: devices.length }
  },
  fillGroup: ({ world, params: { groupId, bulkActId }, body }) =>
    move(world, groupId, bulkActId, { deviceIds: devicesOfFile(world, body) }),
} satisfies MockServings
