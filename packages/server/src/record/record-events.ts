import { createHash } from 'node:crypto'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { assertEvent, eventForm } from '@sanad/protocol/domain/recorded-events'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import { besideEffect } from './beside-effect.ts'
import './event-tables.ts'

/**
 * Writes events in the transaction of their effect: no record, no effect.
 *
 * They have no number yet and wait for nothing: effects that do not touch the same rows commit side by side.
 * Sequencing gives the numbers. docs/adr/0011-events-are-numbered-later.md
 *
 * Call it after the locks of the effect are taken: events of one device are then in the order of their effects.
 */

/** An operator’s words are kept beside the event, outside the record: words about people can be taken out. */
export type EventToRecord = NewEvent & { readonly note?: string | undefined }

export async function recordEvents(
  tx: DatabaseTransaction,
  effects: readonly EventToRecord[],
): Promise<void> {
  if (effects.length === 0) return
  const beside = (await besideEffect()?.write(tx)) ?? []
  const events: readonly EventToRecord[] = [...effects, ...beside]
  for (const event of events) assertEvent(event)
  const forms = events.map(eventForm)
  // The clock is that of the database, one for all server processes; and one reading for all of the events.
  await sql`
    insert into unsequenced_event (at, type, device_id, actor, opening, middle, closing, note)
    select (select date_trunc('milliseconds', clock_timestamp())),
      type, device_id, actor, opening, middle, closing, note
    from unnest(
      ${events.map(({ type }) => type)}::text[],
      ${events.map(({ deviceId }) => deviceId ?? null)}::uuid[],
      ${events.map(({ actor }) => actor)}::text[],
      ${forms.map(({ opening }) => opening)}::text[],
      ${forms.map(({ middle }) => middle)}::text[],
      ${forms.map(({ closing }) => closing)}::text[],
      ${events.map(({ note }) => note ?? null)}::text[]
    ) with ordinality as entry (type, device_id, actor, opening, middle, closing, note, place)
    order by place`.execute(tx)
}

/** RFC 6962 §2.1: a zero byte before a leaf, so that no leaf can be taken for a node. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(entry).digest()
}

/** More devices than this are announced as "much has changed". */
const ANNOUNCED_ONE_BY_ONE = 100

/** Tells open portals, at commit, which devices to read again. The payload is an id and nothing else. */
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
