import type { ClockResetView, LastClockReset } from '@sanad/protocol/operator-api/clock-resets'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  deviceId,
  officer,
  openClient,
  order,
  portal,
  server,
  untrusted,
} from '../../test/reset-clocks.ts'
import { readHead } from '../record/event-reader.ts'

const head = () => readHead(portal.db.database)

describe('GET /devices/:deviceId/clock-reset', () => {
  const read = async () =>
    (await officer.ask('GET', `/devices/${deviceId}/clock-reset`)).json<LastClockReset>().reset
  const checkIn = () =>
    portal.db.database
      .insertInto('device_presence')
      .values({
        device_id: deviceId,
        last_seq: 1,
        last_check_in_at: new Date(server.now() + 1_000),
      })
      .onConflict((conflict) =>
        conflict
          .column('device_id')
          .doUpdateSet({ last_check_in_at: new Date(server.now() + 1_000) }),
      )
      .execute()

  it('tells whether a clock reset was ordered, waits, was sent, or is done', async () => {
    expect(await read()).toBeNull()
    const ordered = (await order()).json<ClockResetView>()
    expect(await read()).toMatchObject({ ...ordered, state: 'waiting', sentAt: null, doneAt: null })
    await checkIn()
    // A check-in before anybody asked shows nothing of the order.
    expect(await read()).toMatchObject({ state: 'waiting', doneAt: null })

    const { client } = await openClient({ ahead: 366 * DAY_MS })
    await server.advanceDays(10 / 86_400)
    await client.synchronise()
    const sent = await read()
    expect(sent).toMatchObject({ state: 'sent', doneAt: null })
    await checkIn()
    const done = await read()
    expect(done).toMatchObject({ state: 'done', sentAt: sent?.sentAt })
    expect(Date.parse(done?.doneAt ?? '')).toBeGreaterThan(Date.parse(done?.sentAt ?? ''))
    // The next order waits again.
    await order()
    expect(await read()).toMatchObject({ state: 'waiting', sentAt: null })
  })

  it('tells when a clock reset ended unused', async () => {
    await order()
    await server.advanceDays(25 / 24)
    expect(await read()).toMatchObject({ state: 'expired', sentAt: null })
  })

  it('answers "not found" for the clock reset of an unknown device', async () => {
    const path = '/devices/00000000-0000-4000-8000-00000000ffff/clock-reset'
    expect((await officer.ask('GET', path)).json()).toMatchObject({ code: 'device.not-found' })
  })
})

describe('POST /devices/:deviceId/clock-reset', () => {
  it('numbers a clock reset among the device’s commands, and records it', async () => {
    const first = (await order()).json<ClockResetView>()
    const second = (
      await order({ reason: 'other', note: 'Seen at the desk' })
    ).json<ClockResetView>()
    expect([first.number, second.number]).toEqual([1, 2])
    const { rows } = await portal.db.pool.query(
      'select number from clock_reset where device_id = $1',
      [deviceId],
    )
    expect(rows).toEqual([{ number: 2 }])
    const events = (await server.timelineOf(deviceId)).filter(
      ({ type }) => type === 'device.clock-reset-ordered',
    )
    expect(events.map(({ data }) => data)).toEqual([
      { ...first, reason: 'repaired' },
      { ...second, reason: 'other' },
    ])
    expect(JSON.stringify(events)).not.toContain('desk')
  })

  it.each(['operator', 'technician', 'auditor'] as const)(
    'refuses clock resets from the role %s',
    async (role) => {
      const asker = await portal.signIn(role)
      const before = await head()
      const reply = await order(undefined, asker)
      expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
      expect(await head()).toEqual(before)
    },
  )

  it.each<readonly [string, () => object, string]>([
    [
      'in the future',
      () => ({ floor: new Date(server.now() + DAY_MS).toISOString() }),
      'request.malformed',
    ],
    ['of no day', () => ({ floor: '2026-02-31T00:00:00.000Z' }), 'request.malformed'],
    ['without a reason', () => ({ reason: undefined }), 'request.malformed'],
  ])('refuses a clock reset with a floor %s', async (_, change, code) => {
    const before = await head()
    const reply = await order({ reason: 'other', ...change() })
    expect(reply.json()).toMatchObject({ code })
    expect(await head()).toEqual(before)
  })

  it('refuses a clock reset for an unused or unknown device', async () => {
    await server.act(deviceId, 'deregister')
    const before = await head()
    expect((await order()).json()).toMatchObject({ code: 'device.transition-refused' })
    const nowhere = '00000000-0000-4000-8000-00000000ffff'
    expect((await order(undefined, officer, nowhere)).json()).toMatchObject({
      code: 'device.not-found',
    })
    expect(await head()).toEqual(before)
  })

  it('refuses clock resets while the server does not know the time', async () => {
    server.clockRadius = untrusted
    const before = await head()
    expect((await order()).json()).toMatchObject({ code: 'time.not-trusted' })
    expect(await head()).toEqual(before)
  })
})
