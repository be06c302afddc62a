import type { CampaignDeviceState } from '@sanad/protocol/operator-api/choices'
import type {
  CampaignKindName,
  CampaignView,
  NewCampaign,
} from '@sanad/protocol/operator-api/campaigns'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call, query, stale } from '../api/call.ts'

/** Often while something is under way: an operator waits for it. */
const WATCHED_MS = 2_000
const CALM_MS = 15_000

const everyMs = (campaigns: readonly CampaignView[] = []): number =>
  campaigns.some(({ state }) => state === 'running') ? WATCHED_MS : CALM_MS

export const campaignsQuery = (after: string | undefined) =>
  queryOptions({
    ...query('listCampaigns', { query: { after, limit: 20 } }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => everyMs(state.data?.items),
  })

export const campaignQuery = (campaignId: string) =>
  queryOptions({
    ...query('readCampaign', { params: { campaignId } }),
    refetchInterval: ({ state: { data } }) => everyMs(data && [data]),
  })

interface DevicesAsked {
  readonly state: CampaignDeviceState | undefined
  readonly after: string | undefined
}

/** @param isRunning whether devices still change */
export const campaignDevicesQuery = (
  campaignId: string,
  { state, after }: DevicesAsked,
  isRunning: boolean,
) =>
  queryOptions({
    ...query('listCampaignDevices', { params: { campaignId }, query: { state, after, limit: 50 } }),
    placeholderData: keepPreviousData,
    refetchInterval: isRunning ? CALM_MS : false,
  })

export const campaignPreviewQuery = (filter: DeviceFilter, kind: CampaignKindName) =>
  queryOptions({
    queryKey: ['previewCampaign', filter, kind],
    queryFn: ({ signal }) => call('previewCampaign', { body: { filter, kind }, signal }),
    placeholderData: keepPreviousData,
  })

export const createCampaign = (body: NewCampaign) => call('createCampaign', { body })

const CAMPAIGN_ACTS = {
  pause: 'pauseCampaign',
  resume: 'resumeCampaign',
  stop: 'stopCampaign',
} as const

export const actOnCampaign = (campaignId: string, act: keyof typeof CAMPAIGN_ACTS) =>
  call(CAMPAIGN_ACTS[act], { params: { campaignId } })

/** What is no longer true once a campaign was created, paused, resumed or stopped. */
export const STALE_CAMPAIGNS = stale('listCampaigns', 'readCampaign', 'listCampaignDevices')
