import { setTimeout as wait } from 'node:timers/promises'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { canonicalEvent } from '@sanad/protocol/domain/recorded-events'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { readHead, readRecord, readTimeline } from './event-reader.ts'
import { type EventToRecord, leafHash, recordEvents } from './record-events.ts'

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

const record = (...events: EventToRecord[]) =>
  db.database.transaction().execute((tx) => recordEvents(tx, events))

async function numbers(): Promise<number[]> {
  const rows = await db.database.selectFrom('event').select('seq').orderBy('seq').execute()
  return rows.map(({ seq }) => seq)
}

describe('recording', () => {
  it('records no event when its effect is rolled back', async () => {
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

  it('refuses an event that would be too long with its number', async () => {
    const insertAll = (bytes: number) =>
      db.database.transaction().execute(async (tx) => {
        await sql`insert into unsequenced_event (type, at, actor, opening, middle, closing)
          values ('x', now(), 'server', '{', ${'m'.repeat(bytes - 2)}, '}')`.execute(tx)
        await sql`update event_head set last_seq = ${Number.MAX_SAFE_INTEGER - 1}`.execute(tx)
        const { rows } = await sql`select sequence_events(10) as taken`.execute(tx)
        expect(rows).toEqual([{ taken: 1 }])
        throw new Error('only tried')
      })
    await expect(insertAll(4_056)).rejects.toThrow('only tried')
    await expect(insertAll(4_057)).rejects.toMatchObject({ constraint: 'unsequenced_event_fits' })
  })

  it('commits an effect while another that recorded is still open', async () => {
    await db.database.transaction().execute(async (tx) => {
      await recordEvents(tx, [suspended()])
      await record(suspended(OTHER_DEVICE))
      const { items } = await readTimeline(db.database, OTHER_DEVICE, { limit: 1 })
      expect(items).toMatchObject([{ event: { seq: before + 1 } }])
    })
    const { items } = await readTimeline(db.database, DEVICE, { limit: 1 })
    expect(items).toMatchObject([{ event: { seq: before + 2 } }])
  })
})

describe('an event that has its number', () => {
  it('keeps a numbered event as canonical bytes with number and time, and their leaf hash', async () => {
    await record(suspended(), suspended(OTHER_DEVICE))
    expect(await readHead(db.database)).toBe(before + 2)
    const rows = await db.database
      .selectFrom('event')
      .selectAll()
      .where('seq', '>', before)
      .execute()
    expect(rows).toHaveLength(2)
    for (const row of rows) {
      const at = row.at.toISOString()
      const event = suspended(row.device_id ?? '')
      expect(Buffer.from(row.canonical)).toEqual(Buffer.from(canonicalEvent(event, row.seq, at)))
      expect(Buffer.from(row.leaf_hash)).toEqual(leafHash(row.canonical))
    }
  })

  it('dates an event by its effect, and not by its numbering', async () => {
    await record(suspended())
    await wait(20)
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db.database)
    await wait(20)
    const { items } = await readTimeline(db.database, DEVICE, { limit: 1 })
    expect(Date.parse(items[0]?.event.at ?? '')).toBeLessThan(rows[0]?.now.getTime() ?? 0)
  })

  it('never dates an event before its predecessor, even when the clock goes back', async () => {
    const attempt = db.database.transaction().execute(async (tx) => {
      const future = new Date(Date.now() + 3_600_000)
      await sql`update event_head set last_seq = last_seq + 1, last_at = ${future}`.execute(tx)
      await recordEvents(tx, [suspended()])
      await sql`select sequence_events(10)`.execute(tx)
      const row = await tx
        .selectFrom('event')
        .select('at')
        .where('seq', '=', before + 2)
        .execute()
      expect(row).toEqual([{ at: future }])
      throw new Error('only tried')
    })
    await expect(attempt).rejects.toThrow('only tried')
  })
})

describe('numbers', () => {
  it('numbers events without gap or duplicate while effects race and roll back', async () => {
    const attempts = Array.from({ length: 60 }, async (_, attempt) => {
      const events = Array.from({ length: 1 + (attempt % 4) }, () => suspended())
      await db.database.transaction().execute(async (tx) => {
        await recordEvents(tx, events)
        if (attempt % 7 === 0) await wait(2)
        if (attempt % 3 === 0) throw new Error('effect failed')
      })
      await readHead(db.database)
    })
    const outcomes = await Promise.allSettled(attempts)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20)
    const all = await numbers()
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index + 1))
    expect(await readHead(db.database)).toBe(all.length)
    const { rows } = await sql<{ back: number }>`
      select count(*)::int as back from (select at < lag(at) over (order by seq) as is_back from event) e
      where is_back`.execute(db.database)
    expect(rows).toEqual([{ back: 0 }])
  })

  it('numbers an event after every event that was committed before it was recorded', async () => {
    const device = '0b7f4a52-9a0d-4a58-8f0b-5b7a1d1c0004'
    const types = ['device.suspended', 'device.resumed'] as const
    const acts = Array.from({ length: 12 }, (_, index) => types[index % 2] ?? types[0])
    // Others record all the while, and give numbers.
    const others = Array.from({ length: 40 }, async (_, index) => {
      await record(suspended(OTHER_DEVICE))
      if (index % 5 === 0) await readHead(db.database)
    })
    for (const type of acts)
      await record({ type, actor: 'command-line', deviceId: device, data: { reason: 'lost' } })
    await Promise.all(others)
    const { items } = await readTimeline(db.database, device, { limit: 50 })
    expect(items.map(({ event }) => event.type).toReversed()).toEqual(acts)
  })

  it('numbers events when the process that was numbering them dies', async () => {
    await record(suspended())
    const dying = db.database.transaction().execute(async (tx) => {
      await sql`select sequence_events(10)`.execute(tx)
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)
    })
    await expect(dying).rejects.toThrow()
    expect(await readHead(db.database)).toBe(before + 1)
  })

  it('numbers all waiting events in one reading, even more than one batch', async () => {
    await record(...Array.from({ length: 4_500 }, () => suspended(OTHER_DEVICE)))
    expect(await readHead(db.database)).toBe(before + 4_500)
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
    ['a change of an event that waits', sql`update unsequenced_event set at = now()`],
    ['the deletion of an event that waits', sql`delete from unsequenced_event`],
    ['the truncation of those that wait', sql`truncate unsequenced_event`],
  ])('refuses %s in the record, and changes nothing', async (_what, statement) => {
    await record(suspended())
    const head = await readHead(db.database)
    const seqs = await numbers()
    await record(suspended())
    await expect(statement.execute(db.database)).rejects.toMatchObject({
      code: expect.stringMatching(/^23(001|514)$/) as string,
    })
    expect(await numbers()).toEqual(seqs)
    expect(await readHead(db.database)).toBe(head + 1)
  })
})

describe('reading', () => {
  it('shows an operator what was committed a moment ago', async () => {
    await record(suspended())
    const { items } = await readRecord(db.database, { limit: 1 })
    expect(items).toMatchObject([{ event: { seq: before + 1, type: 'device.suspended' } }])
  })

  it('reads the timeline of one device newest first, page by page, with notes', async () => {
    const device = '0b7f4a52-9a0d-4a58-8f0b-5b7a1d1c0003'
    const events: EventToRecord[] = Array.from({ length: 4 }, () => suspended(device))
    await record(...events, { ...suspended(device), note: 'found in a taxi' }, suspended())

    const first = await readTimeline(db.database, device, { limit: 3 })
    const seqs = [1, 2, 3, 4, 5].map((place) => before + place)
    expect(first.items.map(({ event }) => event.seq)).toEqual([seqs[4], seqs[3], seqs[2]])
    expect(first.items.map(({ note }) => note)).toEqual(['found in a taxi', null, null])
    const second = await readTimeline(db.database, device, { limit: 3, after: first.next ?? '' })
    expect(second.items.map(({ event }) => event.seq)).toEqual([seqs[1], seqs[0]])
    expect(second.next).toBeNull()
  })

  it('reads the whole record oldest first, filtered by type', async () => {
    const page = await readRecord(db.database, {
      type: ['device.suspended'],
      order: 'oldest',
      limit: 2,
    })
    expect(page.items.map(({ event }) => event.seq)).toEqual([1, 2])
    const none = await readRecord(db.database, { type: ['model.created'] })
    expect(none).toEqual({ items: [], next: null })
  })

  it('refuses a cursor of the record that the server did not make', async () => {
    await expect(readRecord(db.database, { after: 'x1' })).rejects.toMatchObject({
      code: 'request.malformed',
    })
  })

  it('compares numbered and unnumbered events with the tables of their effects', async () => {
    const device = '0b7f4a52-9a0d-4a58-8f0b-5b7a1d1c0005'
    await record(suspended(device))
    await readHead(db.database)
    await record(suspended(device))
    const { rows } = await sql`
      select seq, data from recorded_event where device_id = ${device} order by seq`.execute(
      db.database,
    )
    const data = { reason: 'lost' }
    expect(rows).toEqual([
      { seq: before + 1, data },
      { seq: null, data },
    ])
  })
})
