import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TimeFloor } from '../state/time-floor.ts'
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
  it('has no time before the server told it one', async () => {
    const clock = await openClock()
    expect(clock.isSet).toBe(false)
    expect(() => clock.now()).toThrow(
      expect.objectContaining({ code: 'client.server-unreachable' }),
    )
  })

  it('carries the server’s time on, with half the round trip', async () => {
    const clock = await openClock()
    const sentAt = clock.tick()
    pass(400)
    await clock.adopt({ midpoint: T, radius: 20 }, sentAt)
    expect(clock.now()).toBe(T + 200)
    pass(60_000)
    expect(clock.now()).toBe(T + 60_200)
  })

  it('does not care what the operating system thinks the time is', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 20 }, clock.tick())
    vi.spyOn(Date, 'now').mockReturnValue(0)
    pass(5)
    expect(clock.now()).toBe(T + 5)
  })

  it('does not trust itself after the machine has slept', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 20 }, clock.tick())
    sinceBoot += 3_600_000
    expect(clock.isSet).toBe(false)
    await clock.adopt({ midpoint: T + 3_600_000, radius: 20 }, clock.tick())
    expect(clock.now()).toBe(T + 3_600_000)
  })

  it.each([
    ['a slow answer', 10_001, { midpoint: T, radius: 20 }],
    ['a vague server', 10, { midpoint: T, radius: 60_001 }],
  ])('takes no time from %s', async (_, roundTrip, signed) => {
    const clock = await openClock()
    const sentAt = clock.tick()
    pass(roundTrip)
    await expect(clock.adopt(signed, sentAt)).rejects.toMatchObject(outside)
    expect(clock.isSet).toBe(false)
  })

  it('never goes back, not even over a restart', async () => {
    const clock = await openClock()
    await clock.adopt({ midpoint: T, radius: 20 }, clock.tick())
    pass(3_600_000)
    await expect(
      clock.adopt({ midpoint: T + 3_000_000, radius: 20 }, clock.tick()),
    ).rejects.toMatchObject(outside)
    expect(clock.now()).toBe(T + 3_600_000)

    const restarted = await openClock()
    await expect(
      restarted.adopt({ midpoint: T - 3_600_000, radius: 20 }, restarted.tick()),
    ).rejects.toMatchObject(outside)
    expect(restarted.isSet).toBe(false)
    expect((await openFloor()).value).toBe(T - 20)
  })

  it('is not before the pinned root was made', async () => {
    const clock = await openClock(T)
    await expect(clock.adopt({ midpoint: T - 1, radius: 20 }, clock.tick())).rejects.toMatchObject(
      outside,
    )
  })
})
