import type { RecordQuery } from '@sanad/protocol/operator-api/events'
import type { EventType, RecordedEvent } from '@sanad/protocol/domain/events'
import { parseRecordedEvent } from '@sanad/protocol/domain/recorded-events'
import { SanadError } from '@sanad/protocol/text/problems'
import { takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import './event-tables.ts'
import { sequenceEvents } from './sequencer.ts'

/**
 * Reads the record page by page; a page begins after an event number, so it stays right while events arrive.
 *
 * What is committed gets its number first: operators see their own acts.
 */

export interface StoredEvent {
  readonly event: RecordedEvent
  readonly leafHash: Uint8Array
  readonly note: string | null
}

export interface EventPage {
  readonly items: readonly StoredEvent[]
  readonly next: string | null
}

const DEFAULT_LIMIT = 50

/** What happened to a device, newest first. */
export function readTimeline(
  database: Database,
  deviceId: string,
  page: { readonly after?: string; readonly limit?: number },
): Promise<EventPage> {
  return readRecord(database, { ...page, deviceId, order: 'newest' })
}

export async function readRecord(database: Database, query: RecordQuery): Promise<EventPage> {
  if (query.type?.length === 0) return { items: [], next: null }
  await sequenceEvents(database)
  const limit = query.limit ?? DEFAULT_LIMIT
  const isNewestFirst = query.order !== 'oldest'
  let select = database
    .selectFrom('event')
    .leftJoin('event_note', 'event_note.seq', 'event.seq')
    .select(['event.seq', 'event.canonical', 'event.leaf_hash', 'event_note.note'])
    .orderBy('event.seq', isNewestFirst ? 'desc' : 'asc')
    .limit(limit + 1)
  if (query.deviceId !== undefined) select = select.where('event.device_id', '=', query.deviceId)
  if (query.type !== undefined) select = select.where('event.type', 'in', query.type)
  if (query.after !== undefined) {
    select = select.where('event.seq', isNewestFirst ? '<' : '>', parseCursor(query.after))
  }
  const rows = await select.execute()
  const { items, next } = takePage(rows, limit, ({ seq }) => String(seq))
  return {
    items: items.map((row) => ({
      event: parseRecordedEvent(row.canonical),
      leafHash: row.leaf_hash,
      note: row.note,
    })),
    next,
  }
}

/** The number of the last event, of all that is committed. */
export async function readHead(database: Database): Promise<number> {
  await sequenceEvents(database)
  const head = await database.selectFrom('event_head').select('last_seq').executeTakeFirstOrThrow()
  return head.last_seq
}

export interface Wanted {
  /** None: all of them. */
  readonly types: readonly EventType[]
  readonly after: number
  readonly upTo: number
  readonly limit: number
}

/** Canonical bytes as text and leaf hashes, in the order of the record. */
export async function readWanted(database: Database, { types, after, upTo, limit }: Wanted) {
  let select = database
    .selectFrom('event')
    .select(['seq', 'canonical', 'leaf_hash'])
    .where('seq', '>', after)
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .limit(limit)
  if (types.length > 0) select = select.where('type', 'in', [...types])
  const rows = await select.execute()
  return rows.map(({ seq, canonical, leaf_hash: leafHash }) => ({
    seq,
    canonical: Buffer.from(canonical).toString('utf8'),
    leafHash,
  }))
}

function parseCursor(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new SanadError('request.malformed', 'cursor')
  return Number(text)
}
