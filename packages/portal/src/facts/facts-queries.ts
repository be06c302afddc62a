import type { ClockHealth, DeviceFactsChanges, DeviceFactsView } from '@sanad/protocol/api/facts'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

/** @param at as they were then; now, when left out */
export const deviceFactsQuery = (deviceId: string, at?: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'facts', at],
    queryFn: ({ signal }) =>
      send<DeviceFactsView>(`/devices/${deviceId}/facts`, { query: { at }, signal }),
    placeholderData: keepPreviousData,
  })

export const factsChangesQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'facts-changes'],
    queryFn: ({ signal }) =>
      send<DeviceFactsChanges>(`/devices/${deviceId}/facts/changes`, {
        query: { limit: 20 },
        signal,
      }),
  })

export const clockHealthQuery = queryOptions({
  queryKey: ['clock-health'],
  queryFn: ({ signal }) => send<ClockHealth>('/clock-health', { signal }),
  refetchInterval: 60_000,
})
