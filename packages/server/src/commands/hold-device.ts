import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'

/** What is held while a device is given its commands. */

export interface HeldDevice {
  readonly state: DeviceState
}

/** Devices first, then certificates, then numbers. Not `for update`: that would keep out orders to rotate. */
export async function holdDevice(tx: DatabaseTransaction, deviceId: string): Promise<HeldDevice> {
  const { rows } = await sql<HeldDevice>`
    select state from device
    where device_id = ${deviceId}::uuid for no key update`.execute(tx)
  const [device] = rows
  if (device === undefined) throw new SanadError('device.not-found')
  return device
}

/** Those of a device that is about to be de-registered, before its number is held. */
export async function holdCertificatesToRevoke(
  tx: DatabaseTransaction,
  deviceId: string,
): Promise<void> {
  await sql`
    select from device_certificate
    where device_id = ${deviceId}::uuid and exists (
      select from command where device_id = ${deviceId}::uuid and state = 'queued' and type = 'deregister')
    order by thumbprint_sha256 for update`.execute(tx)
}
