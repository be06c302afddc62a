import type { DeviceQuery } from '@sanad/protocol/operator-api/devices'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../api/call.ts'

export const devicesQuery = (query: DeviceQuery) =>
  queryOptions({
    queryKey: ['devices', 'list', query],
    queryFn: ({ signal }) => call('listDevices', { query, signal }),
    placeholderData: keepPreviousData,
  })

export const deviceSearchQuery = (search: string) =>
  queryOptions({
    queryKey: ['devices', 'search', search],
    queryFn: ({ signal }) => call('listDevices', { query: { search, limit: 6 }, signal }),
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  })

export const deviceCountsQuery = queryOptions({
  queryKey: ['device-counts'],
  queryFn: ({ signal }) => call('countDevices', { signal }),
})
