import type { DeviceView, ReapproveBody } from '@sanad/protocol/operator-api/devices'
import type { RevocationBody } from '@sanad/protocol/operator-api/keys'
import { call, pages, query } from '../api/call.ts'

export const deviceQuery = (deviceId: string) => query('readDevice', { params: { deviceId } })

export const deviceCertificatesQuery = (deviceId: string) =>
  query('listDeviceCertificates', { params: { deviceId } })

export const deviceTimelineQuery = (deviceId: string) =>
  pages('readDeviceTimeline', { params: { deviceId }, query: { limit: 30 } })

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

export const revokeCertificate = (deviceId: string, serialNumber: string, body: RevocationBody) =>
  call('revokeCertificate', { params: { deviceId, serialNumber }, body })

export const deviceRefusalsQuery = (deviceId: string) =>
  query('listRefusals', { query: { deviceId, limit: 5 } })
