import type { CampaignAct } from '@sanad/protocol/domain/campaign-lifecycle'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

const act =
  (name: CampaignAct) =>
  ({ world, params }: { world: World; params: { campaignId: string } }) =>
    world.commands.actOnCampaign(params.campaignId, name)

export const CAMPAIGN_SERVINGS = {
  listCampaigns: ({ world, query }) =>
    pageOf(world.commands.campaigns, ({ campaignId }) => campaignId, query),
  readCampaign: ({ world, params }) => world.commands.campaign(params.campaignId),
  listCampaignDevices: ({ world, params, query }) =>
    pageOf(
      world.commands.devicesOf(params.campaignId, query.state, world.fleet),
      ({ deviceId }) => deviceId,
      query,
    ),
  previewCampaign: ({ world }) => {
    const { devices, groups } = world.keys.forecast()
    const models = groups.map(({ name, devices: own }) => {
      const [make = '', ...rest] = name.split(' ')
      return { make, model: rest.join(' '), devices: own }
    })
    return { devices, leftOut: 0, models, sample: [] }
  },
  createCampaign: ({ world, body }) => world.commands.createCampaign(body),
  pauseCampaign: act('pause'),
  resumeCampaign: act('resume'),
  stopCampaign: act('stop'),
} satisfies MockServings
