import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './command-tables.ts'

/**
 * Commands of a campaign are held, released and cancelled together: one row says so at once, however many they are,
 * and what follows for each is done a part at a time by the job `commands`.
 */

/** From this commit on none of its commands is sent. What was sent before is not called back. */
export const holdCommands = (tx: DatabaseTransaction, campaignId: string): Promise<void> =>
  writeHold(tx, campaignId, 'held')

/** What waits is sent again; its devices are woken by and by. */
export const releaseCommands = (tx: DatabaseTransaction, campaignId: string): Promise<void> =>
  writeHold(tx, campaignId, 'released')

/** As {@link holdCommands}; what was not sent is cancelled by and by. */
export const cancelCommands = (tx: DatabaseTransaction, campaignId: string): Promise<void> =>
  writeHold(tx, campaignId, 'cancelled')

/** None of its commands waits any more. */
export async function forgetHold(tx: DatabaseTransaction, campaignId: string): Promise<void> {
  await tx.deleteFrom('command_hold').where('campaign_id', '=', campaignId).execute()
}

async function writeHold(
  tx: DatabaseTransaction,
  campaignId: string,
  state: 'held' | 'cancelled' | 'released',
): Promise<void> {
  await sql`
    insert into command_hold (campaign_id, state) values (${campaignId}::uuid, ${state})
    on conflict (campaign_id) do update set state = excluded.state, wake_place = 0`.execute(tx)
}
