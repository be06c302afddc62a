import type { Actor, Reason } from '@sanad/protocol/events'
import { recordEvents } from '../audit/record-events.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import './certificate-tables.ts'
import { revokeDeviceCertificates } from './device-certificate-store.ts'

/**
 * The trust in a device ends: its certificates are revoked, and what was planned for it is never issued, so
 * that a key from before cannot come back with the next approval.
 */
export async function endTrust(
  tx: DatabaseTransaction,
  ended: { deviceId: string; reason: Reason; actor: Actor },
  now: number,
): Promise<void> {
  await revokeDeviceCertificates(tx, ended, now)
  const { deviceId, actor } = ended
  const abandoned = await tx
    .updateTable('certificate_intent')
    .set({ state: 'abandoned', settled_at: new Date(now) })
    .where('device_id', '=', deviceId)
    .where('state', '=', 'planned')
    .returning('serial_number')
    .execute()
  await recordEvents(
    tx,
    abandoned.map(({ serial_number }) => ({
      type: 'certificate.issuance-abandoned',
      actor,
      deviceId,
      data: { serialNumber: serial_number, code: 'issuance.trust-ended' },
    })),
  )
}
