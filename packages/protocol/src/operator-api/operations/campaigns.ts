import {
  CampaignDevicePage,
  CampaignDeviceQuery,
  CampaignPage,
  CampaignPreview,
  CampaignPreviewBody,
  CampaignQuery,
  CampaignView,
  NewCampaign,
} from '../campaigns.ts'
import { operation } from '../operation.ts'

/** Commands to many devices, at a pace. */

const tag = 'campaigns'
const access = 'command:send'
const problems = ['campaign.not-found', 'campaign.state-refused'] as const

export const CAMPAIGN_OPERATIONS = {
  listCampaigns: operation('GET /campaigns', {
    access: 'command:read',
    tag,
    summary: 'List campaigns',
    description: 'Campaigns, the latest first, page by page, with the states of their commands.',
    query: CampaignQuery,
    answer: CampaignPage,
  }),
  previewCampaign: operation('POST /campaigns/preview', {
    access,
    tag,
    summary: 'Preview a campaign',
    description: 'Which devices a campaign would be for, if it began now. Orders nothing.',
    body: CampaignPreviewBody,
    answer: CampaignPreview,
  }),
  createCampaign: operation('POST /campaigns', {
    access,
    tag,
    summary: 'Create a campaign',
    description:
      'Answers at once; devices are gathered in the background. The same request again makes no second one.',
    body: NewCampaign,
    answer: CampaignView,
    status: 201,
    location: '/campaigns/:campaignId',
    problems: ['request.conflict'],
    isForTwo: true,
  }),
  readCampaign: operation('GET /campaigns/:campaignId', {
    access: 'command:read',
    tag,
    summary: 'Read a campaign',
    description: 'One campaign, with the states of its commands.',
    answer: CampaignView,
    problems: ['campaign.not-found'],
  }),
  listCampaignDevices: operation('GET /campaigns/:campaignId/devices', {
    access: 'command:read',
    tag,
    summary: 'List the devices of a campaign',
    description: 'What became of each device, and why, page by page; of one state, if asked.',
    query: CampaignDeviceQuery,
    answer: CampaignDevicePage,
    problems: ['campaign.not-found'],
  }),
  pauseCampaign: operation('POST /campaigns/:campaignId/pause', {
    access,
    tag,
    summary: 'Pause a campaign',
    description: 'Orders no further command until the campaign is resumed.',
    answer: CampaignView,
    problems,
  }),
  resumeCampaign: operation('POST /campaigns/:campaignId/resume', {
    access,
    tag,
    summary: 'Resume a campaign',
    description: 'Continues at its pace; what the pause held up is not made up for.',
    answer: CampaignView,
    problems,
  }),
  stopCampaign: operation('POST /campaigns/:campaignId/stop', {
    access,
    tag,
    summary: 'Stop a campaign',
    description: 'Ends the campaign for good, and cancels its commands that no device has yet.',
    answer: CampaignView,
    problems,
  }),
} as const
