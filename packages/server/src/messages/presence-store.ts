import { type Generated, sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'

interface DevicePresenceTable {
  readonly device_id: string
  readonly last_seq: number
  readonly last_mid: Generated<string | null>
  readonly last_payload_sha256: Generated<Buffer | null>
  readonly last_answer_type: Generated<string | null>
  readonly last_answer_body: Generated<unknown>
  readonly last_check_in_at: Generated<Date | null>
  readonly device_status: Generated<string | null>
  readonly service_version: Generated<string | null>
  readonly firmware: Generated<string | null>
  readonly information: Generated<unknown>
  readonly installation: Generated<string | null>
  readonly previous_installation: Generated<string | null>
  readonly installation_changed_at: Generated<Date | null>
  readonly certificate_in_use: Generated<string | null>
  readonly last_message_at: Generated<Date | null>
  readonly digital_id_proof: Generated<Buffer | null>
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly device_presence: DevicePresenceTable
  }
}

export interface PresenceStart {
  readonly deviceId: string
  readonly seq: number
}

/** From its registration on, a device's messages are numbered after the one that registered it. */
export function startPresence(
  tx: DatabaseTransaction,
  deviceId: string,
  seq: number,
): Promise<void> {
  return startPresences(tx, [{ deviceId, seq }])
}

/** Many at once. */
export async function startPresences(
  tx: DatabaseTransaction,
  starts: readonly PresenceStart[],
): Promise<void> {
  await sql`
    insert into device_presence (device_id, last_seq)
    select * from unnest(
      ${starts.map(({ deviceId }) => deviceId)}::uuid[], ${starts.map(({ seq }) => seq)}::bigint[])
    on conflict (device_id) do update set last_seq = excluded.last_seq, last_mid = null,
      last_payload_sha256 = null, last_answer_type = null, last_answer_body = null,
      last_check_in_at = null, installation = null, previous_installation = null,
      installation_changed_at = null, certificate_in_use = null, last_message_at = null`.execute(tx)
}

/**
 * The registration is told again to the same key: numbers only go on. Going back to the number of a client
 * whose state was set back would let messages be taken a second time.
 */
export async function continuePresence(
  tx: DatabaseTransaction,
  deviceId: string,
  seq: number,
): Promise<void> {
  await tx
    .updateTable('device_presence')
    .set({
      last_seq: seq,
      last_mid: null,
      last_payload_sha256: null,
      last_answer_type: null,
      last_answer_body: null,
      last_message_at: null,
    })
    .where('device_id', '=', deviceId)
    .where('last_seq', '<', seq)
    .execute()
}
