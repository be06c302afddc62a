import type { RefusalList } from '@sanad/protocol/operator-api/registration'
import type {
  DeviceCertificateView,
  DeviceView,
  ReapproveBody,
} from '@sanad/protocol/operator-api/devices'
import type { RevocationBody } from '@sanad/protocol/operator-api/keys'
import type { EventPage } from '@sanad/protocol/operator-api/events'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../api/call.ts'
import { send } from '../api/request.ts'

export const deviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId],
    queryFn: ({ signal }) => call('readDevice', { params: { deviceId }, signal }),
  })

export const deviceCertificatesQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'certificates'],
    queryFn: ({ signal }) => call('listDeviceCertificates', { params: { deviceId }, signal }),
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

/** What an operator may do to a device; each is an operation of its own, with a permission of its own. */
const ACTS = {
  suspend: 'suspendDevice',
  resume: 'resumeDevice',
  deregister: 'deregisterDevice',
  block: 'blockDevice',
  approve: 'reapproveDevice',
} as const
export type OperatorAct = keyof typeof ACTS

export function actOnDevice(
  deviceId: string,
  act: OperatorAct,
  body: ReapproveBody,
): Promise<DeviceView> {
  return call(ACTS[act], { params: { deviceId }, body })
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
