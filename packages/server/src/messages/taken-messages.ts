import type { ReceivedRequest } from '@sanad/protocol/wire/envelope/request'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { Answer } from './answers.ts'
import type { AuthenticRequest } from './authenticate.ts'
import { digestPayload } from './replay.ts'
import type { SenderRecord } from './senders.ts'

/** Messages of registered devices: each type has its handler, in the slice of its effect. */

/** Authentic, and in sequence when it was looked at. The sender may be in any state. */
export interface TakenMessage {
  readonly received: ReceivedRequest
  readonly request: AuthenticRequest
  readonly sender: SenderRecord
}

export interface RegisteredHandler {
  /**
   * Makes effect, number and answer one transaction: {@link holdNumbers} before, {@link keepNumbers} after.
   *
   * @returns undefined where another message of the device was faster, or its record changed: then this one is
   *   judged again
   * @throws SanadError when nothing took effect and the device is to send the same message again
   */
  take(message: TakenMessage): Promise<Answer | undefined>
}

/** For a type whose effects are small and many: one transaction for all of a batch. */
export interface BatchHandler {
  /**
   * @param messages at most one of each device
   * @returns for each its answer, why it failed by itself, or undefined where another message of the device was faster
   * @throws SanadError when nothing took effect and the devices are to send the same messages again
   */
  takeAll(messages: readonly TakenMessage[]): Promise<readonly (Answer | Error | undefined)[]>
}

export interface AnsweredMessage {
  readonly message: TakenMessage
  readonly answer: Answer
}

/**
 * Holds the numbers of these devices until the end of the transaction.
 *
 * @returns the devices whose message still has the next number
 */
export async function holdNumbers(
  tx: DatabaseTransaction,
  messages: readonly TakenMessage[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ device_id: string; last_seq: number }>`
    select device_id, last_seq from device_presence
    where device_id = any(${messages.map(({ sender }) => sender.deviceId)}::uuid[])
    order by device_id for update`.execute(tx)
  const lastSeq = new Map(rows.map((row) => [row.device_id, row.last_seq]))
  const next = messages.filter(({ request, sender }) => {
    const last = lastSeq.get(sender.deviceId)
    return last !== undefined && last < request.envelope.seq
  })
  return new Set(next.map(({ sender }) => sender.deviceId))
}

/** Number, name and answer of each message: from the commit on, the same message again gets this answer. */
export async function keepNumbers(
  tx: DatabaseTransaction,
  answered: readonly AnsweredMessage[],
): Promise<void> {
  if (answered.length === 0) return
  const column = <T>(read: (one: AnsweredMessage) => T): T[] => answered.map(read)
  await sql`
    update device_presence p
    set last_seq = a.seq, last_mid = a.mid, last_payload_sha256 = a.payload_sha256,
      last_answer_type = a.answer_type, last_answer_body = a.answer_body, last_message_at = a.at
    from unnest(
      ${column(({ message }) => message.sender.deviceId)}::uuid[],
      ${column(({ message }) => message.request.envelope.seq)}::bigint[],
      ${column(({ message }) => message.request.envelope.mid)}::text[],
      ${column(({ message }) => digestPayload(message.request))}::bytea[],
      ${column(({ answer }) => answer.type)}::text[],
      ${column(({ answer }) => JSON.stringify(answer.body))}::jsonb[],
      ${column(({ message }) => new Date(message.request.at))}::timestamptz[]
    ) as a (device_id, seq, mid, payload_sha256, answer_type, answer_body, at)
    where p.device_id = a.device_id`.execute(tx)
}
