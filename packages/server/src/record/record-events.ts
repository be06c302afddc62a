import { createHash } from 'node:crypto'
import { type NewEvent, assertEvent, canonicalEvent } from '@sanad/protocol/domain/events'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './event-tables.ts'

/**
 * Writes events in the transaction of their effect: no record, no effect.
 *
 * Call it last in the transaction. It locks the head of the record until the commit, and every other
 * transaction that records waits there.
 */

/** More device events than this in one call are announced as "much has changed". */
const ANNOUNCED_ONE_BY_ONE = 100

/** @returns the number of each event, in order. */
export async function recordEvents(
  tx: DatabaseTransaction,
  events: readonly NewEvent[],
): Promise<readonly number[]> {
  if (events.length === 0) return []
  for (const event of events) assertEvent(event)
  const { firstSeq, at } = await takeNumbers(tx, events.length)
  const seqs = events.map((_event, index) => firstSeq + index)
  const entries = events.map((event, index) =>
    Buffer.from(canonicalEvent(event, firstSeq + index, at)),
  )
  await insertEvents(tx, events, seqs, entries, at)
  await announceDevices(tx, changedDevices(events))
  return seqs
}

async function takeNumbers(
  tx: DatabaseTransaction,
  count: number,
): Promise<{ firstSeq: number; at: string }> {
  // Time never runs back within the record, even when the clock of the machine does.
  const { rows } = await sql<{ last_seq: number; last_at: Date }>`
    update event_head
    set last_seq = last_seq + ${count}::int,
        last_at = greatest(last_at, date_trunc('milliseconds', clock_timestamp()))
    returning last_seq, last_at`.execute(tx)
  const [head] = rows
  if (head === undefined) throw new Error('the record has no head')
  return { firstSeq: head.last_seq - count + 1, at: formatTimestamp(head.last_at.getTime()) }
}

async function insertEvents(
  tx: DatabaseTransaction,
  events: readonly NewEvent[],
  seqs: readonly number[],
  entries: readonly Buffer[],
  at: string,
): Promise<void> {
  await sql`
    insert into event (seq, type, at, device_id, actor, canonical, leaf_hash)
    select seq, type, ${at}::timestamptz, device_id, actor, canonical, leaf_hash
    from unnest(
      ${seqs}::bigint[],
      ${events.map((event) => event.type)}::text[],
      ${events.map((event) => event.deviceId ?? null)}::uuid[],
      ${events.map((event) => event.actor)}::text[],
      ${entries}::bytea[],
      ${entries.map(leafHash)}::bytea[]
    ) as entry (seq, type, device_id, actor, canonical, leaf_hash)`.execute(tx)
}

/** RFC 6962 §2.1: a zero byte before a leaf, so that no leaf can be taken for a node. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(entry).digest()
}

function changedDevices(events: readonly NewEvent[]): readonly string[] {
  return [...new Set(events.flatMap(({ deviceId }) => deviceId ?? []))]
}

/** Tells open portals, at commit, which devices to read anew. The payload is an id and nothing else. */
export async function announceDevices(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<void> {
  if (deviceIds.length === 0) return
  const payloads = deviceIds.length > ANNOUNCED_ONE_BY_ONE ? [''] : deviceIds
  await sql`
    select pg_notify('sanad_device', payload) from unnest(${payloads}::text[]) as payload`.execute(
    tx,
  )
}

/** Keeps an operator’s words beside an event, outside the record. */
export async function attachNote(
  tx: DatabaseTransaction,
  seq: number,
  note: string,
): Promise<void> {
  await tx.insertInto('event_note').values({ seq, note }).execute()
}

/** The same words beside each of many. */
export async function attachNotes(
  tx: DatabaseTransaction,
  seqs: readonly number[],
  note: string,
): Promise<void> {
  if (seqs.length === 0) return
  const rows = seqs.map((seq) => ({ seq, note }))
  await tx.insertInto('event_note').values(rows).execute()
}
