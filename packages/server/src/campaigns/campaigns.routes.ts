import { permissionForCampaign } from '@sanad/protocol/operator-api/campaigns'
import { requirePermissionFor } from '../operators/require-permission.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import type { CampaignKinds } from './campaign-kind.ts'
import { listCampaignDevices } from './campaign-devices.ts'
import { previewCampaign } from './campaign-preview.ts'
import { listCampaigns, readCampaign } from './campaign-view.ts'
import type { Campaigns } from './campaigns.ts'

export interface CampaignRoutesOptions {
  readonly database: Database
  readonly kinds: CampaignKinds
  readonly clock: Clock
  readonly campaigns: Campaigns
  /** Starts to fill now, not when the schedule looks next. */
  readonly whenToFill?: () => void
}

export function campaignsRoutes(options: CampaignRoutesOptions) {
  const { campaigns, clock, whenToFill } = options
  return serve({
    listCampaigns: ({ query }) => listCampaigns(options, query),
    previewCampaign: ({ body }) => previewCampaign(options, body, clock()),
    createCampaign: async ({ body, operator }) => {
      requirePermissionFor(operator, permissionForCampaign(body))
      const view = await campaigns.create(body, operator.operatorId)
      if (view.filling !== null) whenToFill?.()
      return view
    },
    readCampaign: ({ params }) => readCampaign(options, params.campaignId),
    listCampaignDevices: ({ params, query }) =>
      listCampaignDevices(options, params.campaignId, query),
    pauseCampaign: ({ params, operator }) =>
      campaigns.pause(params.campaignId, operator.operatorId),
    resumeCampaign: ({ params, operator }) =>
      campaigns.resume(params.campaignId, operator.operatorId),
    stopCampaign: ({ params, operator }) => campaigns.stop(params.campaignId, operator.operatorId),
  })
}
