import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Bench } from './bench.ts'
import { Fate } from './lives.ts'
import { checkedIn } from './server-answers.ts'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'

const LEVELS = [
  ['L0', 'face'],
  ['L1', 'slap'],
] as const

const WORDS = { supportCode: '7KQ2-M4XH', sentence: 'This device was de-registered.' }

function deregister({ desk }: Bench, code = 'registration.device-deregistered'): void {
  desk.server.checkInAnswer = () => ({
    type: 'refusal',
    body: {
      code,
      ...WORDS,
      retryAfterSeconds: 7200,
    },
  })
}

/** Nothing that could sign is left, in the key store or with the SBI. */
function expectNoKey(bench: Bench, keys: readonly unknown[]): void {
  expect(keys).toEqual([])
  expect(bench.device.chip?.deviceSigner).toBeUndefined()
  const handOver = join(bench.desk.directory, 'hand-over')
  if (bench.device.chip === undefined) expect(readdirSync(handOver)).toEqual([])
}

describe('A device that is blocked', () => {
  it.each(LEVELS)(
    'destroys the keys of a blocked device as of a de-registered one (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const keyId = bench.keyOfSbi()
      deregister(bench, 'registration.device-blocked')
      const { keys } = await bench.live(
        ({ progress, purge }) => progress === 'identified' && purge === undefined,
      )
      expectNoKey(bench, keys)
      expect(bench.desk.server.purges).toMatchObject([{ keyIds: [keyId] }])
    },
  )
})

describe('A device that is de-registered', () => {
  it.each(LEVELS)(
    'destroys the keys of a de-registered device, and proves it by a message that the last one signed (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      const keyId = bench.keyOfSbi()
      deregister(bench)
      const { state, keys } = await bench.live(
        ({ progress, purge }) => progress === 'identified' && purge === undefined,
      )
      expectNoKey(bench, keys)
      expect(server.purges).toMatchObject([{ keyIds: [keyId] }])
      // The order is named by the message that was answered by it.
      const ordered = server.messages.findLast(({ type }) => type === 'check-in')
      expect(server.purges[0]?.order).toBe(ordered?.mid)
      expect(state.hold).toMatchObject({ outcome: 'refused', supportCode: '7KQ2-M4XH' })
      expect(state).not.toHaveProperty('certificates')
    },
  )

  it.each(LEVELS)(
    'destroys every key of the device, also one that waits for its certificate (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      bench.order()
      const rotating = await bench.live(undefined, { fate: new Fate(10) })
      expect(rotating.keys).toHaveLength(2)
      deregister(bench)
      const { keys } = await bench.live(
        ({ progress, purge }) => progress === 'identified' && purge === undefined,
      )
      expectNoKey(bench, keys)
      const destroyed = bench.desk.server.purges[0]?.keyIds.toSorted()
      expect(destroyed).toEqual(rotating.keys.map(({ keyId }) => keyId).toSorted())
    },
  )

  it.each(LEVELS)(
    'delivers the purge certificate days later, over restarts, when the server was away (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      deregister(bench)
      // Offline from the moment of the order on: the purge certificate is signed, the keys go.
      const first = await bench.live(undefined, { fate: new Fate(8) })
      expect(first.state).toMatchObject({ progress: 'key-discarded' })
      server.mischief.status = { code: 503 }
      const second = await bench.live(({ progress }) => progress === 'identified')
      expectNoKey(bench, second.keys)
      expect(server.purges).toEqual([])
      const { purge } = second.state
      expect(purge).toBeDefined()

      server.clockOffset = 6 * DAY_MS
      const third = await bench.live()
      expect(third.state.purge).toEqual(purge)

      delete server.mischief.status
      // Not approved again: it asks once, and rests.
      server.verdict = () => ({ outcome: 'refused', ...WORDS, retryAfterSeconds: 7200 })
      const last = await bench.live((state) => state.purge === undefined)
      expect(server.purges).toHaveLength(1)
      expect(last.state).not.toHaveProperty('purge')
      // Before anything else is said, for its number is that of the time when it was signed.
      const said = server.messages.slice(server.messages.findIndex(({ mid }) => mid === purge?.mid))
      expect(said.map(({ type }) => type)).toEqual([
        'key-purge',
        'registration-challenge',
        'registration',
      ])
    },
  )

  it.each(LEVELS)(
    'never destroys a key before its purge certificate is on disk, at whichever step it dies (%s)',
    { timeout: 240_000 },
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      for (let point = 1; ; point++) {
        deregister(bench)
        const before = bench.keyOfSbi()
        const fate = new Fate(point)
        const cutShort = await bench.live(({ purge }) => purge === undefined, { fate })
        const { state, keys } = cutShort
        const isDestroyed = !keys.some(({ keyId }) => keyId === before)
        const told = server.purges.some(({ keyIds }) => keyIds.includes(before))
        if (isDestroyed && !told) expect(state.purge, fate.names.at(-1)).toBeDefined()
        const over = fate.isDead
          ? await bench.live(
              ({ purge, progress }) => purge === undefined && progress === 'identified',
            )
          : cutShort
        expectNoKey(bench, over.keys)
        expect(server.purges.filter(({ keyIds }) => keyIds.includes(before))).toHaveLength(1)
        if (!fate.isDead) break
        // Approved again, it comes back with a new key.
        server.clockOffset += 3 * HOUR_MS
        server.checkInAnswer = () => checkedIn({}, server.now())
        bench.expectOneKey(await bench.live(({ progress }) => progress === 'registered'))
      }
    },
  )

  it('is not delayed by a purge certificate that gets a 401', async () => {
    await using bench = await Bench.open('slap')
    const { server } = bench.desk
    deregister(bench)
    await bench.live(undefined, { fate: new Fate(8) })
    server.mischief.status = { code: 401 }
    await bench.live(({ purge }) => purge?.notBefore !== undefined, { patienceMs: 60_000 })
    delete server.mischief.status
    server.checkInAnswer = () => checkedIn({}, server.now())
    server.clockOffset = 3 * HOUR_MS
    // Its hour is over too, so it is tried first; then the device is free.
    const life = await bench.live(({ progress }) => progress === 'registered')
    bench.expectOneKey(life)
  })
})
