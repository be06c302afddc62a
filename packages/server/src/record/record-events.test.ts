import { setTimeout as wait } from 'node:timers/promises'
import { type NewEvent, canonicalEvent } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { readHead, readRecord, readTimeline } from './event-reader.ts'
import { attachNote, leafHash, recordEvents } from './record-events.ts'

let db: TestDatabase
let before: number
beforeAll(async () => {
  db = await startTestDatabase()
})
beforeEach(async () => {
  before = await readHead(db.database)
})
afterAll(() => db[Symbol.asyncDispose]())

const DEVICE = '0b7f4a52-9a0d-4a58-8f0b-5b7a1d1c0001'
const OTHER_DEVICE = '0b7f4a52-9a0d-4a58-8f0b-5b7a1d1c0002'

const suspended = (deviceId = DEVICE): NewEvent => ({
  type: 'device.suspended',
  actor: 'command-line',
  deviceId,
  data: { reason: 'lost' },
})

const record = (...events: NewEvent[]) =>
  db.database.transaction().execute((tx) => recordEvents(tx, events))

async function numbers(): Promise<number[]> {
  const rows = await db.database.selectFrom('event').select('seq').orderBy('seq').execute()
  return rows.map(({ seq }) => seq)
}

describe('recording', () => {
  it('numbers events from 1 without a gap and keeps their canonical bytes and leaf hashes', async () => {
    const seqs = await record(suspended(), suspended(OTHER_DEVICE))
    expect(seqs).toEqual([before + 1, before + 2])
    const rows = await db.database
      .selectFrom('event')
      .selectAll()
      .where('seq', 'in', seqs)
      .execute()
    for (const row of rows) {
      const at = row.at.toISOString()
      const event = suspended(row.device_id ?? '')
      expect(Buffer.from(row.canonical)).toEqual(Buffer.from(canonicalEvent(event, row.seq, at)))
      expect(Buffer.from(row.leaf_hash)).toEqual(leafHash(row.canonical))
    }
  })

  it('leaves no gap and no duplicate when transactions race and some roll back', async () => {
    const attempts = Array.from({ length: 60 }, async (_, attempt) => {
      const events = Array.from({ length: 1 + (attempt % 4) }, () => suspended())
      await db.database.transaction().execute(async (tx) => {
        await recordEvents(tx, events)
        if (attempt % 7 === 0) await wait(2)
        if (attempt % 3 === 0) throw new Error('effect failed')
      })
    })
    const outcomes = await Promise.allSettled(attempts)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20)
    const all = await numbers()
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index + 1))
    expect(await readHead(db.database)).toBe(all.length)
  })

  it('takes the event away with its effect', async () => {
    const failing = db.database.transaction().execute(async (tx) => {
      await recordEvents(tx, [suspended()])
      throw new Error('effect failed')
    })
    await expect(failing).rejects.toThrow('effect failed')
    expect(await readHead(db.database)).toBe(before)
    expect(await numbers()).toHaveLength(before)
  })

  it('refuses an event outside the catalogue, and records nothing', async () => {
    const strange = { ...suspended(), data: { image: 'AAAA' } } as unknown as NewEvent
    await expect(record(suspended(), strange)).rejects.toMatchObject({ code: 'server.internal' })
    expect(await readHead(db.database)).toBe(before)
  })

  it('never lets time run back, whatever the clock of the machine does', async () => {
    const attempt = db.database.transaction().execute(async (tx) => {
      const future = new Date(Date.now() + 3_600_000)
      await sql`update event_head set last_seq = last_seq + 1, last_at = ${future}`.execute(tx)
      const [seq = 0] = await recordEvents(tx, [suspended()])
      const row = await tx.selectFrom('event').select('at').where('seq', '=', seq).execute()
      expect(row).toEqual([{ at: future }])
      throw new Error('only tried')
    })
    await expect(attempt).rejects.toThrow('only tried')
  })
})

describe('the record refuses', () => {
  it.each([
    ['an update', sql`update event set type = 'device.resumed' where seq = 1`],
    ['a deletion', sql`delete from event where seq = 1`],
    ['a truncation', sql`truncate event cascade`],
    ['a head that goes back', sql`update event_head set last_seq = 0`],
    ['the deletion of its head', sql`delete from event_head`],
    ['a second head', sql`insert into event_head values (false, 0, now())`],
    [
      'a number that was not given out',
      sql`insert into event values (9999, 'x', now(), null, 'server', '\\x01', sha256('\\x0001'))`,
    ],
    [
      'a hash that is not that of the bytes',
      sql`insert into event values (9998, 'x', now(), null, 'server', '\\x01', sha256('\\x01'))`,
    ],
  ])('%s, and stays as it was', async (_what, statement) => {
    await record(suspended())
    const seqs = await numbers()
    const head = await readHead(db.database)
    await expect(statement.execute(db.database)).rejects.toMatchObject({
      code: expect.stringMatching(/^23(001|514)$/) as string,
    })
    expect(await numbers()).toEqual(seqs)
    expect(await readHead(db.database)).toBe(head)
  })
})

describe('reading', () => {
  it('gives the timeline of one device, newest first, page by page, with notes', async () => {
    const device = '0b7f4a52-9a0d-4a58-8f0b-5b7a1d1c0003'
    const seqs = await record(...Array.from({ length: 5 }, () => suspended(device)), suspended())
    await db.database.transaction().execute((tx) => attachNote(tx, seqs[4] ?? 0, 'found in a taxi'))

    const first = await readTimeline(db.database, device, { limit: 3 })
    expect(first.items.map(({ event }) => event.seq)).toEqual([seqs[4], seqs[3], seqs[2]])
    expect(first.items[0]?.note).toBe('found in a taxi')
    const second = await readTimeline(db.database, device, { limit: 3, after: first.next ?? '' })
    expect(second.items.map(({ event }) => event.seq)).toEqual([seqs[1], seqs[0]])
    expect(second.next).toBeNull()
  })

  it('gives the whole record, oldest first, by type', async () => {
    const page = await readRecord(db.database, {
      type: ['device.suspended'],
      order: 'oldest',
      limit: 2,
    })
    expect(page.items.map(({ event }) => event.seq)).toEqual([1, 2])
    const none = await readRecord(db.database, { type: ['model.created'] })
    expect(none).toEqual({ items: [], next: null })
  })

  it('refuses a cursor it did not make', async () => {
    await expect(readRecord(db.database, { after: 'x1' })).rejects.toMatchObject({
      code: 'request.malformed',
    })
  })
})
