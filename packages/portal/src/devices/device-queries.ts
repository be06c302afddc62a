import type { DeviceQuery } from '@sanad/protocol/operator-api/devices'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { query } from '../api/call.ts'

export const devicesQuery = (filter: DeviceQuery) =>
  queryOptions({ ...query('listDevices', { query: filter }), placeholderData: keepPreviousData })

export const deviceSearchQuery = (search: string) =>
  queryOptions({
    ...query('listDevices', { query: { search, limit: 6 } }),
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  })

export const deviceCountsQuery = query('countDevices')
