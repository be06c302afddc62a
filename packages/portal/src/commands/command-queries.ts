import type { CampaignAct } from '@sanad/protocol/domain/campaign-lifecycle'
import type {
  CommandOrderView,
  CommandPage,
  CommandQuery,
  CommandView,
  NewCommandOrder,
} from '@sanad/protocol/operator-api/commands'
import type {
  CampaignPage,
  CampaignPreview,
  CampaignView,
  NewCampaign,
} from '@sanad/protocol/operator-api/campaigns'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

/** Often while something is under way: an operator waits for it. */
const WATCHED_MS = 2_000
const CALM_MS = 15_000

export const commandsQuery = (query: CommandQuery) =>
  queryOptions({
    queryKey: ['commands', query],
    queryFn: ({ signal }) => send<CommandPage>('/commands', { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ finishedAt }) => finishedAt === null) === true
        ? WATCHED_MS
        : CALM_MS,
  })

export const commandQuery = (commandId: string) =>
  queryOptions({
    queryKey: ['command', commandId],
    queryFn: ({ signal }) => send<CommandView>(`/commands/${commandId}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.finishedAt === null ? WATCHED_MS : false),
  })

export function orderCommand(order: NewCommandOrder): Promise<CommandOrderView> {
  return send<CommandOrderView>('/commands', { method: 'POST', body: order })
}

export function actOnCommand(commandId: string, act: 'cancel' | 'retry'): Promise<CommandView> {
  return send<CommandView>(`/commands/${commandId}/${act}`, { method: 'POST' })
}

export const campaignsQuery = (after: string | undefined) =>
  queryOptions({
    queryKey: ['campaigns', after],
    queryFn: ({ signal }) =>
      send<CampaignPage>('/campaigns', { query: { after, limit: 20 }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.items.some((campaign) => campaign.state === 'running') === true
        ? WATCHED_MS
        : CALM_MS,
  })

export const campaignPreviewQuery = (filter: DeviceFilter | undefined) =>
  queryOptions({
    queryKey: ['campaign-preview', filter],
    queryFn: ({ signal }) =>
      send<CampaignPreview>('/campaigns/preview', { method: 'POST', body: { filter }, signal }),
    enabled: filter !== undefined,
    placeholderData: keepPreviousData,
  })

export function createCampaign(body: NewCampaign): Promise<CampaignView> {
  return send<CampaignView>('/campaigns', { method: 'POST', body })
}

export function actOnCampaign(campaignId: string, act: CampaignAct): Promise<CampaignView> {
  return send<CampaignView>(`/campaigns/${campaignId}/${act}`, { method: 'POST' })
}
