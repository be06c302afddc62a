import type { NewClockReset } from '@sanad/protocol/operator-api/clock-resets'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

/** @param at as they were then; now, when left out */
export const deviceFactsQuery = (deviceId: string, at?: string) =>
  queryOptions({
    ...query('readDeviceFacts', { params: { deviceId }, query: { at } }),
    placeholderData: keepPreviousData,
  })

/** Looked at again while the order is under way: the device asks for it without anybody telling us. */
export const clockResetQuery = (deviceId: string) =>
  queryOptions({
    ...query('readClockReset', { params: { deviceId } }),
    refetchInterval: ({ state: { data } }) => {
      const state = data?.reset?.state
      return state === 'waiting' || state === 'sent' ? 5_000 : false
    },
  })

export const orderClockReset = ({
  deviceId,
  body,
}: {
  readonly deviceId: string
  readonly body: NewClockReset
}) => call('orderClockReset', { params: { deviceId }, body })

export const clockHealthQuery = queryOptions({
  ...query('readClockHealth'),
  refetchInterval: 60_000,
})
