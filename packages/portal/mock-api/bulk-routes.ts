import type { NewBulkAct } from '@sanad/protocol/api/bulk-acts'
import { SanadError } from '@sanad/protocol/problems'
import { get, type MockRoute, post } from './mock-route.ts'
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
  get('group:read', new RegExp(`^/groups/${ID}$`), ({ world, id }) => groupOf(world, id)),
  post('group:manage', new RegExp(`^/groups/${ID}$`), ({ world, id }) => groupOf(world, id)),
]
