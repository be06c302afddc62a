import type { RefusalList } from '@sanad/protocol/operator-api/registration'
import type {
  DeviceCertificateList,
  DeviceCertificateView,
  DeviceView,
  ReapproveBody,
  TransitionBody,
} from '@sanad/protocol/operator-api/devices'
import type { RevocationBody } from '@sanad/protocol/operator-api/keys'
import type { EventPage } from '@sanad/protocol/operator-api/events'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { send } from '../api/request.ts'

export const deviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId],
    queryFn: ({ signal }) => send<DeviceView>(`/devices/${deviceId}`, { signal }),
  })

export const deviceCertificatesQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'certificates'],
    queryFn: ({ signal }) =>
      send<Static<typeof DeviceCertificateList>>(`/devices/${deviceId}/certificates`, { signal }),
  })

export const deviceTimelineQuery = (deviceId: string) =>
  infiniteQueryOptions({
    queryKey: ['device', deviceId, 'timeline'],
    queryFn: ({ signal, pageParam }) =>
      send<EventPage>(`/devices/${deviceId}/timeline`, {
        query: { after: pageParam, limit: 30 },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

/** What an operator may do to a device; each is a path of its own, with a permission of its own. */
export type OperatorAct = 'suspend' | 'resume' | 'deregister' | 'block' | 'approve'

export function actOnDevice(
  deviceId: string,
  act: OperatorAct,
  body: TransitionBody | ReapproveBody,
): Promise<DeviceView> {
  return send<DeviceView>(`/devices/${deviceId}/${act}`, { method: 'POST', body })
}

export function revokeCertificate(
  deviceId: string,
  serialNumber: string,
  body: RevocationBody,
): Promise<DeviceCertificateView> {
  return send(`/devices/${deviceId}/certificates/${serialNumber}/revoke`, { method: 'POST', body })
}

export const deviceRefusalsQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['refusals', 'of', deviceId],
    queryFn: ({ signal }) =>
      send<RefusalList>('/refusals', { query: { deviceId, limit: 5 }, signal }),
  })
