import { recordEvents } from '../record/record-events.ts'
import { suspendDevices } from '../devices/suspend-devices.ts'
import { writeSuspicion } from '../devices/suspected-clone.ts'
import type { Database } from '../platform/database.ts'
import { type Answer, refuseState } from './answers.ts'
import type { SenderRecord } from './senders.ts'

/**
 * PN §6, 4: two messages under one number, both signed with the device's key: its state was copied, or set back.
 * Which of the two is the device cannot be told from here; so both are suspended, and a person decides. The
 * number stays with the message that had it first.
 */
export async function suspendForked(
  database: Database,
  { deviceId, state }: SenderRecord,
): Promise<Answer> {
  if (state !== 'registered') return refuseState({ state, deviceId })
  await database.transaction().execute(async (tx) => {
    const suspended = await suspendDevices(tx, [deviceId])
    if (suspended.has(deviceId)) await recordEvents(tx, writeSuspicion(deviceId, 'sequence-fork'))
  })
  return refuseState({ state: 'suspended', deviceId })
}
