import type { DeviceCertificateView, DeviceView } from '@sanad/protocol/api/devices'
import type { EventPage } from '@sanad/protocol/api/events'
import type { RefusalList } from '@sanad/protocol/api/registration'
import type { DeviceAct } from '@sanad/protocol/device-lifecycle'
import type { Reason } from '@sanad/protocol/events'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const deviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId],
    queryFn: ({ signal }) => send<DeviceView>(`/devices/${deviceId}`, { signal }),
  })

export const certificatesQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'certificates'],
    queryFn: ({ signal }) =>
      send<{ items: DeviceCertificateView[] }>(`/devices/${deviceId}/certificates`, { signal }),
  })

export const timelineQuery = (deviceId: string) =>
  infiniteQueryOptions({
    queryKey: ['device', deviceId, 'timeline'],
    queryFn: ({ signal, pageParam }) =>
      send<EventPage>(`/devices/${deviceId}/timeline`, { signal, query: { after: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  })

export const refusalsOfDeviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'refusals'],
    queryFn: ({ signal }) =>
      send<RefusalList>('/refusals', { signal, query: { deviceId, limit: 5 } }),
  })

export interface ActOnDevice {
  readonly act: Exclude<DeviceAct, 'register'>
  readonly reason: Reason
  readonly note: string
  readonly revision: number
}

export function actOnDevice(
  deviceId: string,
  { act, reason, note, revision }: ActOnDevice,
): Promise<DeviceView> {
  const body = { reason, revision, ...(note.trim() !== '' && { note: note.trim() }) }
  return send<DeviceView>(`/devices/${deviceId}/${act}`, { method: 'POST', body })
}
