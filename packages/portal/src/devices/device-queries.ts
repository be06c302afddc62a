import type { DeviceCounts, DeviceList, DeviceQuery } from '@sanad/protocol/operator-api/devices'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const devicesQuery = (query: DeviceQuery) =>
  queryOptions({
    queryKey: ['devices', 'list', query],
    queryFn: ({ signal }) => send<DeviceList>('/devices', { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
  })

export const deviceSearchQuery = (search: string) =>
  queryOptions({
    queryKey: ['devices', 'search', search],
    queryFn: ({ signal }) => send<DeviceList>('/devices', { query: { search, limit: 6 }, signal }),
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  })

export const deviceCountsQuery = queryOptions({
  queryKey: ['device-counts'],
  queryFn: ({ signal }) => send<DeviceCounts>('/devices/counts', { signal }),
})
