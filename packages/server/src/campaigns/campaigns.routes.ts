import {
  CampaignPage,
  CampaignParams,
  CampaignPreview,
  CampaignPreviewBody,
  CampaignQuery,
  CampaignView,
  NewCampaign,
  permissionForCampaign,
} from '@sanad/protocol/operator-api/campaigns'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { operatorOf } from '../operators/operator-door.ts'
import { requirePermissionFor } from '../operators/require-permission.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { previewCampaign } from './campaign-preview.ts'
import { listCampaigns, readCampaign } from './campaign-view.ts'
import type { CampaignKinds } from './campaign-kind.ts'
import type { Campaigns } from './campaigns.ts'

export interface CampaignRoutesOptions {
  readonly database: Database
  readonly kinds: CampaignKinds
  readonly clock: Clock
  readonly campaigns: Campaigns
  /** Starts to fill now, not when the schedule looks next. */
  readonly whenToFill?: () => void
}

const ACTS = {
  pause: 'pauseCampaign',
  resume: 'resumeCampaign',
  stop: 'stopCampaign',
} as const

export function campaignsRoutes(options: CampaignRoutesOptions) {
  const { campaigns, clock, whenToFill } = options
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/campaigns',
      {
        config: { access: 'command:read' },
        schema: {
          operationId: 'listCampaigns',
          querystring: CampaignQuery,
          response: { 200: CampaignPage },
        },
      },
      (request) => listCampaigns(options, request.query),
    )

    app.post(
      '/campaigns/preview',
      {
        config: { access: 'command:send' },
        schema: {
          operationId: 'previewCampaign',
          body: CampaignPreviewBody,
          response: { 200: CampaignPreview },
        },
      },
      (request) => previewCampaign(options, request.body, clock()),
    )

    app.post(
      '/campaigns',
      {
        config: { access: 'command:send' },
        schema: {
          operationId: 'createCampaign',
          body: NewCampaign,
          response: { 201: CampaignView },
        },
      },
      async (request, reply) => {
        // The schema made it so; its type is written by hand, because the union is made in a loop.
        const campaign = request.body as NewCampaign
        const operatorId = requirePermissionFor(request, permissionForCampaign(campaign))
        const view = await campaigns.create(campaign, operatorId)
        if (view.filling !== null) whenToFill?.()
        return reply
          .status(201)
          .header('location', `${OPERATOR_API}/campaigns/${view.campaignId}`)
          .send(view)
      },
    )

    app.get(
      '/campaigns/:campaignId',
      {
        config: { access: 'command:read' },
        schema: {
          operationId: 'readCampaign',
          params: CampaignParams,
          response: { 200: CampaignView },
        },
      },
      (request) => readCampaign(options, request.params.campaignId),
    )

    for (const act of ['pause', 'resume', 'stop'] as const)
      app.post(
        `/campaigns/:campaignId/${act}`,
        {
          config: { access: 'command:send' },
          schema: {
            operationId: ACTS[act],
            params: CampaignParams,
            response: { 200: CampaignView },
          },
        },
        (request) => campaigns[act](request.params.campaignId, operatorOf(request).operatorId),
      )
  }
}
