import { randomUUID } from 'node:crypto'
import type { DeviceSelection, NewBulkAct } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupAssignment } from '@sanad/protocol/operator-api/groups'
import { SanadError } from '@sanad/protocol/text/problems'
import { get, type MockRoute, post, remove } from './mock-route.ts'
import { pageOf } from './pages.ts'
import type { World } from './world.ts'

const ID = '([0-9a-f-]{36})'

function groupOf(world: World, id: string) {
  const group = world.keys.groups.find(({ groupId }) => groupId === id)
  if (group === undefined) throw new SanadError('group.not-found')
  const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
  const devices = world.fleet.filter((device) => device.group?.groupId === id)
  for (const { state } of devices) states[state] += 1
  const connected = devices.filter((device) => device.connected).length
  return { ...group, devices: devices.length, states, connected, policy: null }
}

function move(world: World, groupId: string, bulkActId: string, selection: DeviceSelection) {
  if (groupId !== 'none') groupOf(world, groupId)
  return world.bulk.order(world, { act: 'assign-group', groupId, bulkActId, selection })
}

/** @throws SanadError `group.file-not-readable` */
function fill(world: World, groupId: string, bulkActId: string, csv: unknown) {
  const named = new Set(
    String(csv)
      .split(/\r?\n/)
      .map((line) => line.split(',')[0]?.replaceAll('"', '').trim()),
  )
  const deviceIds = world.fleet
    .filter(({ serialNo }) => named.has(serialNo))
    .map(({ deviceId }) => deviceId)
  if (deviceIds.length === 0) throw new SanadError('group.file-not-readable')
  return move(world, groupId, bulkActId, { deviceIds })
}

function assign(world: World, groupId: string, body: GroupAssignment) {
  if ('filter' in body)
    return move(world, groupId, body.bulkActId ?? randomUUID(), { filter: body.filter })
  const { deviceIds } = body
  const group = world.keys.groups.find((each) => each.groupId === groupId) ?? null
  const devices = world.fleet.filter(({ deviceId }) => deviceIds.includes(deviceId))
  world.assign(devices, group === null ? null : { groupId, name: group.name })
  return { devices: devices.length }
}

function forget(world: World, groupId: string): undefined {
  if (groupOf(world, groupId).devices > 0) throw new SanadError('group.in-use')
  world.keys.groups = world.keys.groups.filter((each) => each.groupId !== groupId)
}

/** Acts on many devices, and one group. The portal sends what the schemas say. */
export const BULK_ROUTES: readonly MockRoute[] = [
  get('bulk-act:read', /^\/bulk-acts$/, ({ world, query }) =>
    pageOf(world.bulk.acts, ({ bulkActId }) => bulkActId, query),
  ),
  post('bulk-act:order', /^\/bulk-acts\/preview$/, ({ world, body }) => {
    const { selection, ...terms } = body as unknown as NewBulkAct
    return world.bulk.preview(world, terms, selection)
  }),
  post('bulk-act:order', /^\/bulk-acts$/, ({ world, body }) =>
    world.bulk.order(world, body as unknown as NewBulkAct),
  ),
  get('bulk-act:read', new RegExp(`^/bulk-acts/${ID}$`), ({ world, id }) =>
    world.bulk.read(world, id),
  ),
  get('bulk-act:read', new RegExp(`^/bulk-acts/${ID}/failures$`), ({ world, id, query }) =>
    pageOf(world.bulk.failures(id), ({ serialNo }) => serialNo, query),
  ),
  post('bulk-act:order', new RegExp(`^/bulk-acts/${ID}/cancel$`), ({ world, id }) =>
    world.bulk.cancel(id),
  ),
  get('bulk-act:read', new RegExp(`^/bulk-acts/${ID}/failures.csv$`), ({ world, id }) =>
    world.bulk.failuresCsv(id),
  ),
  remove('group:manage', new RegExp(`^/groups/${ID}$`), ({ world, id }) => forget(world, id)),
  post('group:manage', new RegExp(`^/groups/(none|${ID.slice(1, -1)})/devices$`), (asked) =>
    assign(asked.world, asked.id, asked.body as GroupAssignment),
  ),
  post('group:manage', new RegExp(`^/groups/${ID}/fill/${ID}$`), ({ world, id, item, body }) =>
    fill(world, id, item, body['csv']),
  ),
  get('group:read', new RegExp(`^/groups/${ID}$`), ({ world, id }) => groupOf(world, id)),
  post('group:manage', new RegExp(`^/groups/${ID}$`), ({ world, id }) => groupOf(world, id)),
]
