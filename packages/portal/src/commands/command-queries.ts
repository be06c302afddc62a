import type { CommandQuery, NewCommandOrder } from '@sanad/protocol/operator-api/commands'
import type { NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

/** Often while something is under way: an operator waits for it. */
const WATCHED_MS = 2_000
const CALM_MS = 15_000

export const commandsQuery = (filter: CommandQuery) =>
  queryOptions({
    ...query('listCommands', { query: filter }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ finishedAt }) => finishedAt === null) === true
        ? WATCHED_MS
        : CALM_MS,
  })

export const commandQuery = (commandId: string) =>
  queryOptions({
    ...query('readCommand', { params: { commandId } }),
    refetchInterval: ({ state }) => (state.data?.finishedAt === null ? WATCHED_MS : false),
  })

export const orderCommand = (body: NewCommandOrder) => call('orderCommand', { body })

const COMMAND_ACTS = { cancel: 'cancelCommand', retry: 'retryCommand' } as const

export const actOnCommand = (commandId: string, act: keyof typeof COMMAND_ACTS) =>
  call(COMMAND_ACTS[act], { params: { commandId } })

export const campaignsQuery = (after: string | undefined) =>
  queryOptions({
    ...query('listCampaigns', { query: { after, limit: 20 } }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.items.some((campaign) => campaign.state === 'running') === true
        ? WATCHED_MS
        : CALM_MS,
  })

export const campaignPreviewQuery = (filter: DeviceFilter | undefined) =>
  queryOptions({
    queryKey: ['previewCampaign', filter],
    queryFn:
      filter === undefined
        ? skipToken
        : ({ signal }) => call('previewCampaign', { body: { filter }, signal }),
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
