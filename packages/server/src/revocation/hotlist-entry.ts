import type { HotlistEntry } from '@sanad/protocol/operator-api/keys'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import '../devices/device-tables.ts'
import type { Database } from '../platform/database.ts'

/** Suspended too: the adopter unblocks it when the device is resumed. */
const BLOCKED: ReadonlySet<DeviceState> = new Set(['suspended', 'blocked', 'deregistered'])

/**
 * MF §6.7: what an adopter, who alone has the role for it, enters at MOSIP’s hotlist service.
 *
 * @throws SanadError `device.not-found`
 */
export async function describeHotlistEntry(
  database: Database,
  deviceId: string,
): Promise<HotlistEntry> {
  const device = await database
    .selectFrom('device as d')
    .innerJoin('device_model as m', 'm.model_id', 'd.model_id')
    .select(['d.serial_no', 'm.make', 'm.model', 'd.state'])
    .where('d.device_id', '=', deviceId)
    .executeTakeFirst()
  if (device === undefined) throw new SanadError('device.not-found')
  return {
    id: `${device.serial_no}${device.make}${device.model}`,
    idType: 'DEVICE',
    status: BLOCKED.has(device.state) ? 'BLOCKED' : 'UNBLOCKED',
    // MF §6.7: without an end it stays until somebody unblocks it.
    expiryTimestamp: null,
  }
}
