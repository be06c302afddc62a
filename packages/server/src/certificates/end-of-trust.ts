import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import type { DatabaseTransaction } from '../platform/database.ts'
import './certificate-tables.ts'
import { revokeCertificatesOf } from './device-certificate-store.ts'

/**
 * The trust in devices ends: their certificates are revoked, and what was planned for them is never issued, so
 * that a key from before cannot come back with the next approval.
 *
 * @param now milliseconds since the epoch
 * @returns the events, for the end of the caller’s transaction
 */
export async function endTrust(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
  why: { readonly reason: Reason; readonly actor: Actor },
  now: number,
): Promise<readonly NewEvent[]> {
  const revoked = await revokeCertificatesOf(tx, deviceIds, why, now)
  const abandoned = await tx
    .updateTable('certificate_intent')
    .set({ state: 'abandoned', settled_at: new Date(now) })
    .where('device_id', 'in', deviceIds)
    .where('state', '=', 'planned')
    .returning(['serial_number', 'device_id'])
    .execute()
  return [
    ...revoked,
    ...abandoned.map(({ serial_number: serialNumber, device_id: deviceId }): NewEvent => ({
      type: 'certificate.issuance-abandoned',
      actor: why.actor,
      deviceId,
      data: { serialNumber, code: 'issuance.trust-ended' },
    })),
  ]
}
