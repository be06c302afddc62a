import { CompiledQuery } from 'kysely'
import pg from 'pg'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import type { DatabaseTransaction } from '../platform/database.ts'

/** What a device told of itself, with number and answer, ready to be written. */
export interface PresenceRow {
  readonly deviceId: string
  readonly seq: number
  readonly mid: string
  readonly payloadSha256: Buffer
  readonly answerType: string
  readonly answerBody: object
  readonly information: DeviceInformation
  readonly certificateInUse: 'yes' | 'no' | 'unknown'
  /** The device’s own time in the message, milliseconds since the epoch. */
  readonly at: number
  /** Null where it is not to be kept: a device that may not act does not move either. */
  readonly installation: string | null
  /** The server’s time, where the installation is another than before. */
  readonly movedAt: number | null
  /** Null where the one on record says the same. */
  readonly newDigitalIdProof: Buffer | null
}

/**
 * Writes a batch in one statement: one round trip, one flush to disk.
 *
 * The condition on the number makes replay protection and effect one thing: of two messages with one number,
 * from whichever process, one finds its row.
 */
const WRITE_PRESENCES = {
  name: 'write-presences',
  text: `
    with arrived as (
      select * from jsonb_to_recordset($2) as a (device_id uuid, seq bigint, mid text, payload_sha256 text,
        answer_type text, answer_body jsonb, information jsonb, certificate_in_use text, at timestamptz,
        installation text, moved_at timestamptz, digital_id_proof text)
    ), held as (
      -- Locked in one order, so that two processes cannot wait for each other.
      select device_id from device_presence where device_id = any($1::uuid[]) order by device_id for update
    )
    update device_presence p
    set last_seq = a.seq, last_mid = a.mid, last_payload_sha256 = decode(a.payload_sha256, 'hex'),
      last_answer_type = a.answer_type, last_answer_body = a.answer_body, last_check_in_at = clock_timestamp(),
      device_status = a.information ->> 'deviceStatus', service_version = a.information ->> 'serviceVersion',
      firmware = a.information ->> 'firmware', information = a.information,
      certificate_in_use = a.certificate_in_use, last_message_at = a.at,
      installation = coalesce(a.installation, p.installation),
      previous_installation = case when a.moved_at is null then p.previous_installation else p.installation end,
      installation_changed_at = coalesce(a.moved_at, p.installation_changed_at),
      digital_id_proof = coalesce(decode(a.digital_id_proof, 'hex'), p.digital_id_proof)
    from arrived a join held using (device_id)
    where p.device_id = a.device_id and p.last_seq < a.seq
    returning p.device_id as "deviceId"`,
}

/** @returns the devices whose check-in took effect */
export async function writePresences(
  executor: pg.Pool | DatabaseTransaction,
  rows: readonly PresenceRow[],
): Promise<ReadonlySet<string>> {
  const values = toParameters(rows)
  const written =
    executor instanceof pg.Pool
      ? await executor.query<Written>({ ...WRITE_PRESENCES, values })
      : await executor.executeQuery<Written>(CompiledQuery.raw(WRITE_PRESENCES.text, values))
  return new Set(written.rows.map(({ deviceId }) => deviceId))
}

interface Written {
  readonly deviceId: string
}

/** As one JSON text: a list for each column costs the driver seven times as much. */
function toParameters(rows: readonly PresenceRow[]): unknown[] {
  const arrived = rows.map((row) => ({
    device_id: row.deviceId,
    seq: row.seq,
    mid: row.mid,
    payload_sha256: row.payloadSha256.toString('hex'),
    answer_type: row.answerType,
    answer_body: row.answerBody,
    information: row.information,
    certificate_in_use: row.certificateInUse,
    at: formatTimestamp(row.at),
    installation: row.installation,
    moved_at: row.movedAt === null ? null : formatTimestamp(row.movedAt),
    digital_id_proof: row.newDigitalIdProof?.toString('hex'),
  }))
  return [rows.map(({ deviceId }) => deviceId), JSON.stringify(arrived)]
}
