import type { LastClockReset, NewClockReset } from '@sanad/protocol/operator-api/clock-resets'
import type { ClockHealth, DeviceFactsView } from '@sanad/protocol/operator-api/facts'
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

/** Looked at again while the order is under way: the device asks for it without anybody telling us. */
export const clockResetQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'clock-reset'],
    queryFn: ({ signal }) => send<LastClockReset>(`/devices/${deviceId}/clock-reset`, { signal }),
    refetchInterval: ({ state: { data } }) => {
      const state = data?.reset?.state
      return state === 'waiting' || state === 'sent' ? 5_000 : false
    },
  })

export const orderClockReset = (order: {
  readonly deviceId: string
  readonly body: NewClockReset
}) => send(`/devices/${order.deviceId}/clock-reset`, { method: 'POST', body: order.body })

export const clockHealthQuery = queryOptions({
  queryKey: ['clock-health'],
  queryFn: ({ signal }) => send<ClockHealth>('/clock-health', { signal }),
  refetchInterval: 60_000,
})
