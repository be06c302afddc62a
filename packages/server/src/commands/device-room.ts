import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './command-tables.ts'

/** Which devices can be told something, and how much may wait for one of them. */

/** Bounds what a device must be told when it comes back, and what its row in any list can hold. */
export const MOST_WAITING = 16

export const TELLABLE: ReadonlySet<DeviceState> = new Set<DeviceState>(['registered', 'suspended'])

/** Holds the devices, so that no two orders fill the last place. @throws SanadError `device.*`, `command.*` */
export async function holdRoom(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<void> {
  const { rows } = await sql<{ state: DeviceState; serial_no: string; waiting: number }>`
    select held.state, held.serial_no, (
      select count(*) from command c
      where c.device_id = held.device_id and c.state in ('queued', 'sent', 'acknowledged')) as waiting
    from (
      select device_id, state, serial_no from device where device_id = any(${deviceIds}::uuid[])
      order by device_id for no key update
    ) held`.execute(tx)
  if (rows.length < deviceIds.length) throw new SanadError('device.not-found')
  for (const { state, serial_no: serialNo, waiting } of rows) {
    if (!TELLABLE.has(state)) throw new SanadError('device.transition-refused', serialNo)
    if (waiting >= MOST_WAITING) throw new SanadError('command.too-many-waiting', serialNo)
  }
}
