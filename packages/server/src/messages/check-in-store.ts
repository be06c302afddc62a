import { CompiledQuery } from 'kysely'
import pg from 'pg'
import type { DeviceInformation } from '@sanad/protocol/messages'
import type { DatabaseTransaction } from '../platform/database.ts'

/** One check-in, ready to be written. */
export interface CheckInRow {
  readonly deviceId: string
  readonly seq: number
  readonly mid: string
  readonly payloadSha256: Buffer
  readonly answerType: string
  readonly answerBody: object
  readonly information: DeviceInformation
}

/**
 * Writes a batch in one statement: one round trip, one flush to disk.
 *
 * The condition on the number makes replay protection and effect one thing: of two messages with one number,
 * from whichever process, one finds its row.
 */
const WRITE_CHECK_INS = {
  name: 'write-check-ins',
  text: `
    with arrived as (
      select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::jsonb[], $7::text[], $8::text[], $9::text[], $10::jsonb[])
        as a (device_id, seq, mid, payload_sha256, answer_type, answer_body, device_status, service_version, firmware, information)
    ), held as (
      -- Locked in one order, so that two processes cannot wait for each other.
      select device_id from device_presence where device_id = any($1) order by device_id for update
    )
    update device_presence p
    set last_seq = a.seq, last_mid = a.mid, last_payload_sha256 = a.payload_sha256,
      last_answer_type = a.answer_type, last_answer_body = a.answer_body, last_check_in_at = clock_timestamp(),
      device_status = a.device_status, service_version = a.service_version, firmware = a.firmware,
      information = a.information
    from arrived a join held using (device_id)
    where p.device_id = a.device_id and p.last_seq < a.seq
    returning p.device_id as "deviceId"`,
}

/** @returns the devices whose check-in took effect */
export async function writeCheckIns(
  executor: pg.Pool | DatabaseTransaction,
  rows: readonly CheckInRow[],
): Promise<ReadonlySet<string>> {
  const values = toColumns(rows)
  const written =
    executor instanceof pg.Pool
      ? await executor.query<Written>({ ...WRITE_CHECK_INS, values })
      : await executor.executeQuery<Written>(CompiledQuery.raw(WRITE_CHECK_INS.text, values))
  return new Set(written.rows.map(({ deviceId }) => deviceId))
}

interface Written {
  readonly deviceId: string
}

function toColumns(rows: readonly CheckInRow[]): unknown[][] {
  return [
    rows.map((row) => row.deviceId),
    rows.map((row) => row.seq),
    rows.map((row) => row.mid),
    rows.map((row) => row.payloadSha256),
    rows.map((row) => row.answerType),
    rows.map((row) => JSON.stringify(row.answerBody)),
    rows.map((row) => row.information.deviceStatus),
    rows.map((row) => row.information.serviceVersion),
    rows.map((row) => row.information.firmware),
    rows.map((row) => JSON.stringify(row.information)),
  ]
}
