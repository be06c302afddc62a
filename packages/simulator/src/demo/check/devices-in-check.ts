import { X509Certificate } from 'node:crypto'
import type { DeviceList, DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { EventPage, EventView } from '@sanad/protocol/operator-api/events'
import type { EventType } from '@sanad/protocol/domain/events'
import type { DeviceProfile } from '../../sbi/device-profile.ts'
import type { Demo } from '../demo.ts'
import type { OperatorApi } from '../operator-api.ts'
import { askSbi } from './sbi-info.ts'

/** What the checks ask of one device: the server’s record of it, and its SBI. */

export async function findDevice(
  api: OperatorApi,
  { serialNo }: DeviceProfile,
): Promise<DeviceListItem> {
  const { items } = await api.require<DeviceList>('GET', `/devices?search=${serialNo}`)
  const [device] = items
  if (device === undefined) throw new Error(`no device ${serialNo}`)
  return device
}

/** Newest first. */
export async function listEvents(
  api: OperatorApi,
  deviceId: string,
  type: EventType,
): Promise<readonly EventView[]> {
  const path = `/events?deviceId=${deviceId}&type=${type}&order=newest&limit=20`
  return (await api.require<EventPage>('GET', path)).items
}

/** The certificate under which the SBI signs its device info; none while it is not registered. */
export async function readCertificateInUse(
  demo: Demo,
  profile: DeviceProfile,
): Promise<X509Certificate | undefined> {
  const { x5c } = await askSbi(demo.simulation.find(profile.serialNo)?.port ?? 0)
  const [leaf] = x5c
  return leaf === undefined ? undefined : new X509Certificate(Buffer.from(leaf, 'base64'))
}

export const secondsSince = (start: number): string =>
  `${((performance.now() - start) / 1000).toFixed(1)} s`
