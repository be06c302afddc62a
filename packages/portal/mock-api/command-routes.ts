import { SanadError } from '@sanad/protocol/text/problems'
import { get, type MockRoute, post } from './mock-route.ts'
import { pageOf } from './pages.ts'

const ID = '([0-9a-f-]{36})'

/** Commands and campaigns. */
export const COMMAND_ROUTES: readonly MockRoute[] = [
  get('command:read', /^\/commands$/, ({ world, query }) =>
    pageOf(world.commands.list(query), ({ commandId }) => commandId, query),
  ),
  get('command:read', new RegExp(`^/commands/${ID}$`), ({ world, id }) => {
    const found = world.commands.find(id)
    if (found === undefined) throw new SanadError('command.not-found')
    return found
  }),
  post('command:send', /^\/commands$/, ({ world, body }) => {
    const [deviceId = ''] = body['deviceIds'] as string[]
    const { type } = body['command'] as { type: string }
    const { commandId } = world.commands.order(world.device(deviceId), type)
    return { orderId: body['orderId'], commands: [{ commandId, deviceId }] }
  }),
  post('command:send', new RegExp(`^/commands/${ID}/cancel$`), ({ world, id }) =>
    world.commands.act(id, 'cancel'),
  ),
  post('command:send', new RegExp(`^/commands/${ID}/retry$`), ({ world, id }) =>
    world.commands.act(id, 'retry'),
  ),
  get('command:read', /^\/campaigns$/, ({ world, query }) =>
    pageOf(world.commands.campaigns, ({ campaignId }) => campaignId, query),
  ),
  get('command:read', new RegExp(`^/campaigns/${ID}$`), ({ world, id }) =>
    world.commands.campaign(id),
  ),
  get('command:read', new RegExp(`^/campaigns/${ID}/devices$`), ({ world, id, query }) =>
    pageOf(
      world.commands.devicesOf(id, query.get('state'), world.fleet),
      ({ deviceId }) => deviceId,
      query,
    ),
  ),
  post('command:send', /^\/campaigns\/preview$/, ({ world }) => {
    const { devices, groups } = world.keys.forecast()
    const models = groups.map(({ name, devices: own }) => {
      const [make = '', ...rest] = name.split(' ')
      return { make, model: rest.join(' '), devices: own }
    })
    return { devices, leftOut: 0, models, sample: [] }
  }),
  post('command:send', /^\/campaigns$/, ({ world }) => world.commands.campaigns[0]),
  post('command:send', new RegExp(`^/campaigns/${ID}/pause$`), ({ world, id }) =>
    world.commands.actOnCampaign(id, 'pause'),
  ),
  post('command:send', new RegExp(`^/campaigns/${ID}/resume$`), ({ world, id }) =>
    world.commands.actOnCampaign(id, 'resume'),
  ),
  post('command:send', new RegExp(`^/campaigns/${ID}/stop$`), ({ world, id }) =>
    world.commands.actOnCampaign(id, 'stop'),
  ),
]
