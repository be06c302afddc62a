import type { CommandToGive } from '@sanad/protocol/operator-api/commands'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { operatorActor } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import type { NotDone, WorkedOff } from '../devices/worked-off.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { MOST_WAITING, TELLABLE } from './device-room.ts'
import { insertOrdered, timesOf } from './order-commands.ts'
import { describeOrder } from './command-events.ts'
import './command-tables.ts'
import { wakeDevices } from '../channel/wake-devices.ts'

/** One command to many devices, a part of them at a time: who cannot take it is left out, and named. */

export interface CommandMany {
  readonly orderId: string
  readonly command: CommandToGive
  readonly lifeHours?: number
  readonly operatorId: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Before the first part. */
export async function openOrder(
  tx: DatabaseTransaction,
  { orderId, operatorId, at }: CommandMany,
  requestSha256: Buffer,
): Promise<void> {
  await tx
    .insertInto('command_order')
    .values({
      order_id: orderId,
      request_sha256: requestSha256,
      ordered_at: new Date(at),
      ordered_by: operatorId,
    })
    .execute()
}

interface Held {
  readonly deviceId: string
  readonly serialNo: string
  readonly state: DeviceState
  readonly waiting: number
}

export async function commandMany(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
  { orderId, command, lifeHours, operatorId, at }: CommandMany,
): Promise<WorkedOff> {
  const held = await holdAll(tx, deviceIds)
  const failures = held.flatMap(refusalOf)
  const refused = new Set(failures.map(({ deviceId }) => deviceId))
  const told = held.map(({ deviceId }) => deviceId).filter((deviceId) => !refused.has(deviceId))
  if (told.length === 0) return { changed: 0, failures, events: [] }
  const times = timesOf(lifeHours === undefined ? {} : { lifeHours }, at)
  const ordered = await insertOrdered(tx, { orderId, deviceIds: told, command }, operatorId, times)
  await wakeDevices(tx, told)
  const actor = operatorActor(operatorId)
  const events = ordered.map((subject) => describeOrder(actor, subject))
  return { changed: told.length, failures, events }
}

async function holdAll(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<readonly Held[]> {
  const { rows } = await sql<Held>`
    select held.device_id as "deviceId", held.serial_no as "serialNo", held.state, (
      select count(*) from command c
      where c.device_id = held.device_id and c.state in ('queued', 'sent', 'acknowledged')) as waiting
    from (
      select device_id, state, serial_no from device where device_id = any(${deviceIds}::uuid[])
      order by device_id for no key update
    ) held`.execute(tx)
  return rows
}

/** One sentence for a state in which a device takes no commands. */
export const WHY_NOT_TOLD = 'Only a registered or suspended device takes commands.'

function refusalOf({ deviceId, serialNo, state, waiting }: Held): readonly NotDone[] {
  if (!TELLABLE.has(state))
    return [{ deviceId, serialNo, code: 'device.transition-refused', detail: WHY_NOT_TOLD }]
  if (waiting < MOST_WAITING) return []
  return [{ deviceId, serialNo, code: 'command.too-many-waiting' }]
}
