import { recordEvents } from '../record/record-events.ts'
import type { Database } from '../platform/database.ts'
import './certificate-tables.ts'
import { DAY_MS } from '@sanad/protocol/text/durations'

const BATCH = 500

/**
 * Gives up intents that nobody came back for. The key of such an intent stays used: the HSM may have signed
 * it before the crash, so the serial number belongs on revocation lists and the device makes a new key.
 *
 * @returns how many were abandoned
 */
export async function abandonOrphanedIntents(
  database: Database,
  now: number,
  olderThanMs: number = DAY_MS,
): Promise<number> {
  let total = 0
  for (;;) {
    const abandoned = await abandonBatch(database, now, now - olderThanMs)
    total += abandoned
    if (abandoned < BATCH) return total
  }
}

function abandonBatch(database: Database, now: number, before: number): Promise<number> {
  return database.transaction().execute(async (tx) => {
    const orphans = await tx
      .updateTable('certificate_intent')
      .set({ state: 'abandoned', settled_at: new Date(now) })
      .where('serial_number', 'in', (select) =>
        select
          .selectFrom('certificate_intent')
          .select('serial_number')
          .where('state', '=', 'planned')
          .where('planned_at', '<', new Date(before))
          .limit(BATCH)
          .forUpdate()
          .skipLocked(),
      )
      .returning(['serial_number', 'device_id'])
      .execute()
    await recordEvents(
      tx,
      orphans.map((orphan) => ({
        type: 'certificate.issuance-abandoned',
        actor: 'server',
        deviceId: orphan.device_id,
        data: { serialNumber: orphan.serial_number, code: 'issuance.not-resumed' },
      })),
    )
    return orphans.length
  })
}
