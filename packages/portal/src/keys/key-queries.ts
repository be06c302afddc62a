import type {
  DeviceKeyView,
  Forecast,
  ForecastQuery,
  NewRotationOrder,
  RevocationListsView,
  RotationOrderPage,
  RotationOrderPreview,
  RotationOrderView,
  WhatIfBody,
} from '@sanad/protocol/operator-api/keys'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const forecastQuery = (query: ForecastQuery) =>
  queryOptions({
    queryKey: ['forecast', query],
    queryFn: ({ signal }) => send<Forecast>('/forecast', { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })

/** The forecast as it would be; asked again with every change of a setting. */
export const whatIfQuery = (body: WhatIfBody | undefined) =>
  queryOptions({
    queryKey: ['what-if', body],
    queryFn: ({ signal }) => send<Forecast>('/forecast/what-if', { method: 'POST', body, signal }),
    enabled: body !== undefined,
    placeholderData: keepPreviousData,
  })

export const rotationOrdersQuery = (after: string | undefined) =>
  queryOptions({
    queryKey: ['rotation-orders', after],
    queryFn: ({ signal }) =>
      send<RotationOrderPage>('/rotation-orders', { query: { after, limit: 10 }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })

export const previewRotationQuery = (order: NewRotationOrder) =>
  queryOptions({
    queryKey: ['rotation-preview', order],
    queryFn: ({ signal }) =>
      send<RotationOrderPreview>('/rotation-orders/preview', {
        method: 'POST',
        body: order,
        signal,
      }),
    placeholderData: keepPreviousData,
  })

export function orderRotation(order: NewRotationOrder): Promise<RotationOrderView> {
  return send<RotationOrderView>('/rotation-orders', { method: 'POST', body: order })
}

export function cancelRotationOrder(orderId: string): Promise<RotationOrderView> {
  return send<RotationOrderView>(`/rotation-orders/${orderId}/cancel`, { method: 'POST' })
}

export const revocationListsQuery = queryOptions({
  queryKey: ['revocation-lists'],
  queryFn: ({ signal }) => send<RevocationListsView>('/revocation-lists', { signal }),
  refetchInterval: 30_000,
})

export const deviceKeyQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'key'],
    queryFn: ({ signal }) => send<DeviceKeyView>(`/devices/${deviceId}/key`, { signal }),
  })
