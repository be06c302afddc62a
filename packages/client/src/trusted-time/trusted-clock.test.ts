import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { TimeFloor } from './time-floor.ts'
import { TrustedClock } from './trusted-clock.ts'

const T = Date.parse('2026-11-24T10:00:00Z')
const outside = { code: 'message.time-outside-window' }

let folder: string
let awake: number
let sinceBoot: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-clock-'))
  awake = 1000
  sinceBoot = 50_000
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const openFloor = (earliest = 0) => TimeFloor.open(join(folder, 'floor'), earliest)
const openClock = async (earliest?: number) =>
  new TrustedClock(await openFloor(earliest), {
    awake: () => awake,
    sinceBoot: () => sinceBoot,
  })

function pass(ms: number): void {
  awake += ms
  sinceBoot += ms
}

describe('TrustedClock', () => {
  it('has no time before the first statement of the server', async () => {
    const clock = await openClock()
    expect(clock.isSet).toBe(false)
    expect(() => clock.now()).toThrow(
      expect.objectContaining({ code: 'client.server-unreachable' }),
    )
  })

  it('carries the server’s time forward, corrected by half the round trip', async () => {
    const clock = await openClock()
    const sentAt = clock.moment()
    pass(400)
    await clock.adopt({ midpoint: T, radius: 20 }, sentAt)
    expect(clock.now()).toBe(T + 200)
    pass(60_000)
    expect(clock.now()).toBe(T + 60_200)
  })

  it('ignores the clock of the operating system', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 20 }, clock.moment())
    vi.spyOn(Date, 'now').mockReturnValue(0)
    pass(5)
    expect(clock.now()).toBe(T + 5)
  })

  it('does not trust itself after the machine has slept', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 20 }, clock.moment())
    sinceBoot += 3_600_000
    expect(clock.isSet).toBe(false)
    await clock.adopt({ midpoint: T + 3_600_000, radius: 20 }, clock.moment())
    expect(clock.now()).toBe(T + 3_600_000)
  })

  it.each([
    ['a slow answer', 10_001, { midpoint: T, radius: 20 }],
    ['a vague server', 10, { midpoint: T, radius: 60_001 }],
  ])('accepts no time from %s', async (_, roundTrip, signed) => {
    const clock = await openClock()
    const sentAt = clock.moment()
    pass(roundTrip)
    await expect(clock.adopt(signed, sentAt)).rejects.toMatchObject(outside)
    expect(clock.isSet).toBe(false)
  })

  it('never runs back, not even over a restart', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 20 }, clock.moment())
    pass(3_600_000)
    await expect(
      clock.adopt({ midpoint: T + 3_000_000, radius: 20 }, clock.moment()),
    ).rejects.toMatchObject(outside)
    expect(clock.now()).toBe(T + 3_600_000)

    const restarted = await openClock()
    await expect(
      restarted.adopt({ midpoint: T - 3_600_000, radius: 20 }, restarted.moment()),
    ).rejects.toMatchObject(outside)
    expect(restarted.isSet).toBe(false)
    expect((await openFloor()).value).toBe(T - 20)
  })

  it('never shows a time before the pinned root was made', async () => {
    const clock = await openClock(T)
    await expect(
      clock.adopt({ midpoint: T - 21, radius: 20 }, clock.moment()),
    ).rejects.toMatchObject(outside)
  })

  it('loses certainty by 100 ppm, is ageing after half a day and untrusted after a week', async () => {
    const clock = await openClock()
    const sentAt = clock.moment()
    pass(200)
    await clock.adopt({ midpoint: T, radius: 20 }, sentAt)
    expect(clock.report()).toEqual({
      state: 'trusted',
      time: T + 100,
      uncertaintyMs: 120,
      lastSynchronisedAt: T + 100,
      ageingAt: T + 100 + 12 * HOUR_MS,
      untrustedAt: T + 100 + 168 * HOUR_MS,
    })
    pass(12 * HOUR_MS)
    expect(clock.report()).toMatchObject({ state: 'ageing', uncertaintyMs: 120 + 4_320 })
    expect(clock.now()).toBe(T + 100 + 12 * HOUR_MS)
    pass(156 * HOUR_MS)
    expect(clock.report()).toMatchObject({ state: 'untrusted', lastSynchronisedAt: T + 100 })
    expect(clock.report().time).toBeUndefined()
    expect(() => clock.now()).toThrow()
    // What has passed is not forgotten.
    expect(clock.floor).toBeGreaterThan(T + 167 * HOUR_MS)
  })

  it('trusts its time no longer than the strictest device may be without its server', async () => {
    const clock = await openClock()
    clock.limitOffline('a', 7_200)
    clock.limitOffline('b', 3_600)
    await clock.adopt({ midpoint: T, radius: 20 }, clock.moment())
    pass(HOUR_MS)
    expect(clock.state).toBe('untrusted')
    clock.limitOffline('b', undefined)
    expect(clock.state).toBe('trusted')
    pass(HOUR_MS)
    expect(clock.state).toBe('untrusted')
  })

  it('stops rather than runs back when a statement corrects it', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 500 }, clock.moment())
    pass(1_000)
    expect(clock.now()).toBe(T + 1_000)
    await clock.adopt({ midpoint: T + 600, radius: 500 }, clock.moment())
    expect(clock.now()).toBe(T + 1_000)
    pass(300)
    expect(clock.now()).toBe(T + 1_000)
    pass(300)
    expect(clock.now()).toBe(T + 1_200)
  })

  it('accepts no time when the machine slept between question and answer', async () => {
    const clock = await openClock()
    const sentAt = clock.moment()
    pass(100)
    sinceBoot += 3_600_000
    await expect(clock.adopt({ midpoint: T, radius: 20 }, sentAt)).rejects.toMatchObject(outside)
    expect(clock.isSet).toBe(false)
    expect((await openFloor()).value).toBe(0)
  })

  it.each([
    ['1970', '1970-01-01T00:00:01Z'],
    ['the last second of 32 bits', '2038-01-19T03:14:07Z'],
    ['the second after', '2038-01-19T03:14:08Z'],
    ['a century on', '2126-11-24T10:00:00Z'],
  ])('handles %s like any other time', async (_, text) => {
    const clock = await openClock()
    await clock.adopt({ midpoint: Date.parse(text), radius: 0 }, clock.moment())
    pass(1_000)
    expect(clock.now()).toBe(Date.parse(text) + 1_000)
    expect((await openFloor()).value).toBe(Date.parse(text))
  })

  it('keeps the time that passed since the last statement over a restart', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 20 }, clock.moment())
    pass(5 * HOUR_MS)
    await clock.keepFloor()
    expect((await openFloor()).value).toBe(T + 5 * HOUR_MS - 20 - 1_800)
  })

  it('goes back only by an order, recorded with its number, and not below the pinned root', async () => {
    const clock = await openClock(T - 8_766 * HOUR_MS)
    const ahead = T + 8_766 * HOUR_MS
    await clock.adopt({ midpoint: ahead, radius: 20 }, clock.moment())
    const order = { subject: 'a/b/c', number: 7, floor: 0 }
    // Measured before, written after: the false floor does not come back by it.
    const late = clock.reset(order, { midpoint: T, radius: 20 }, clock.moment())
    await Promise.all([late, clock.keepFloor()])
    expect(clock.now()).toBe(T)
    expect(clock.floor).toBe(T - 20)
    const reopened = await openFloor()
    expect([reopened.value, reopened.lastResetOf('a/b/c')]).toEqual([T - 20, 7])
  })
})
