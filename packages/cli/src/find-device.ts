import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import { isUuid } from '@sanad/protocol/text/uuid'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Call } from './connection.ts'

/** People have serial numbers, programs have ids: either names a device. @throws SanadError `device.not-found` */
export async function findDeviceId(call: Call, name: string): Promise<string> {
  return isUuid(name) ? name : (await findDevice(call, name)).deviceId
}

async function findDevice(call: Call, serialNo: string): Promise<DeviceListItem> {
  const { items } = await call('listDevices', { query: { search: serialNo, limit: 50 } })
  const found = items.filter((device) => device.serialNo === serialNo)
  const [first, second] = found
  if (first === undefined) throw new SanadError('device.not-found', serialNo)
  if (second !== undefined)
    throw new SanadError('request.conflict', `${serialNo} is of several models; use the device id`)
  return first
}
