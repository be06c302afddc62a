import type { Actor } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { type KeyState, keyLife } from '@sanad/protocol/domain/key-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { recordEvents } from '../record/record-events.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import './certificate-tables.ts'

export interface Revocation {
  readonly deviceId: string
  readonly serialNumber: string
  readonly reason: Reason
  readonly note?: string | undefined
  readonly actor: Actor
}

/**
 * Revokes one certificate. From the commit on the device’s messages under it are refused; the revocation list
 * follows within seconds.
 *
 * @throws SanadError `certificate.not-found`, `key.transition-refused`; and then nothing has changed
 */
export function revokeCertificate(
  database: Database,
  revocation: Revocation,
  now: number,
): Promise<void> {
  return database.transaction().execute(async (tx) => {
    const { deviceId, serialNumber, reason, note, actor } = revocation
    await requireRevocable(tx, revocation, now)
    await tx
      .updateTable('device_certificate')
      .set({ status: 'revoked', revoked_at: new Date(now), revocation_reason: reason })
      .where('serial_number', '=', serialNumber)
      .execute()
    const data = { serialNumber, reason }
    await recordEvents(tx, [{ type: 'certificate.revoked', actor, deviceId, data, note }])
  })
}

async function requireRevocable(
  tx: DatabaseTransaction,
  { deviceId, serialNumber }: Revocation,
  now: number,
): Promise<void> {
  const certificate = await tx
    .selectFrom('device_certificate')
    .select(['status', 'not_after'])
    .where('serial_number', '=', serialNumber)
    .where('device_id', '=', deviceId)
    .forUpdate()
    .executeTakeFirst()
  if (certificate === undefined) throw new SanadError('certificate.not-found')
  // Past its end it is not valid whatever a list says, though nobody may have marked it yet.
  const isOver = certificate.not_after.getTime() <= now && certificate.status !== 'revoked'
  const state: KeyState = isOver ? 'expired' : certificate.status
  keyLife.next(state, 'revoke')
}
