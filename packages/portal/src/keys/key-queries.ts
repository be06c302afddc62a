import type { ForecastQuery, NewRotationOrder, WhatIfBody } from '@sanad/protocol/operator-api/keys'
import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

export const forecastQuery = (asked: ForecastQuery) =>
  queryOptions({
    ...query('readForecast', { query: asked }),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })

/** The forecast as it would be; asked again with every change of a setting. */
export const whatIfQuery = (body: WhatIfBody | undefined) =>
  queryOptions({
    queryKey: ['askWhatIf', body],
    queryFn: body === undefined ? skipToken : ({ signal }) => call('askWhatIf', { body, signal }),
    placeholderData: keepPreviousData,
  })

export const rotationOrdersQuery = (after: string | undefined) =>
  queryOptions({
    ...query('listRotationOrders', { query: { after, limit: 10 } }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })

export const previewRotationQuery = (body: NewRotationOrder) =>
  queryOptions({
    ...query('previewRotationOrder', { body }),
    placeholderData: keepPreviousData,
  })

export const orderRotation = (body: NewRotationOrder) => call('orderRotation', { body })

export const cancelRotationOrder = (orderId: string) =>
  call('cancelRotationOrder', { params: { orderId } })

export const revocationListsQuery = queryOptions({
  ...query('listRevocationLists'),
  refetchInterval: 30_000,
})

export const deviceKeyQuery = (deviceId: string) => query('readDeviceKey', { params: { deviceId } })
