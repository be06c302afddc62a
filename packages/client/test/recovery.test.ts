import { describe, expect, it } from 'vitest'
import type { DeviceState } from '../src/state/device-state.ts'
import { Bench, HOUR } from './bench.ts'
import { Fate } from './lives.ts'

const DAY = 24 * HOUR

const LEVELS = [
  ['L0', 'face'],
  ['L1', 'slap'],
] as const

const WORDS = { supportCode: '7KQ2-M4XH', sentence: 'This waits for approval.' }

const isRecovered = ({ recovery, superseded, doomed }: DeviceState): boolean =>
  recovery === undefined && superseded === undefined && doomed === undefined

/** A device that was registered, and then away for longer than its certificate lasts. */
async function openEnded(kind: 'face' | 'slap'): Promise<Bench> {
  const bench = await Bench.open(kind)
  bench.desk.server.clockOffset = 40 * DAY
  return bench
}

describe('A device that was offline past the end of its certificate', () => {
  it.each(LEVELS)(
    'gets a new key and a new certificate, and names the old (%s)',
    async (_, kind) => {
      await using bench = await openEnded(kind)
      const { server } = bench.desk
      const before = bench.keyOfSbi()
      const messages = server.messages.length
      const life = await bench.live(isRecovered)
      expect(bench.expectOneKey(life)).not.toBe(before)
      expect(server.typesSeen().slice(messages)).toEqual([
        'registration-challenge',
        'registration',
        'check-in',
      ])
      const [old] = server.registry.of(bench.subject)
      expect(server.recovered).toEqual([old?.thumbprint])
      expect(old?.state).toBe('expired')
    },
  )

  it.each(LEVELS)(
    'waits for the approval with the same new key, and keeps the old one meanwhile (%s)',
    async (_, kind) => {
      await using bench = await openEnded(kind)
      const { server } = bench.desk
      const before = bench.keyOfSbi()
      server.verdict = () => ({ outcome: 'pending', ...WORDS, retryAfterSeconds: 600 })
      const held = await bench.live(({ hold }) => hold !== undefined)
      expect(held.state.hold).toMatchObject({ outcome: 'pending', ...WORDS })
      const { successor } = held.state
      expect(held.keys).toHaveLength(2)
      expect(bench.keyOfSbi()).toBe(before)

      server.verdict = () => undefined
      server.clockOffset += HOUR
      const life = await bench.live(isRecovered)
      expect(bench.expectOneKey(life)).toBe(successor?.keyId)
    },
  )

  it.each(LEVELS)(
    'that is refused keeps its old key, destroys the new one, and asks again when told (%s)',
    async (_, kind) => {
      await using bench = await openEnded(kind)
      const { server } = bench.desk
      const before = bench.keyOfSbi()
      server.verdict = () => ({ outcome: 'refused', ...WORDS, retryAfterSeconds: 600 })
      const refused = await bench.live((state) => state.hold !== undefined && isRecovered(state))
      expect(refused.state.hold).toMatchObject({ outcome: 'refused', ...WORDS })
      expect(refused.keys).toEqual([{ keyId: before, state: 'active' }])
      expect(refused.state.key?.keyId).toBe(before)
      expect(server.registry.of(bench.subject)).toHaveLength(1)

      server.verdict = () => undefined
      server.clockOffset += HOUR
      expect(bench.expectOneKey(await bench.live(isRecovered))).not.toBe(before)
    },
  )

  it('in the middle of a rotation shows no key again that was certified meanwhile', async () => {
    await using bench = await Bench.open('slap')
    const { server } = bench.desk
    bench.order()
    const lost = await bench.live(undefined, { fate: new Fate(14) })
    const { keyId } = lost.state.successor ?? {}
    expect(server.registry.of(bench.subject, 'pending')).toMatchObject([{ keyId }])
    server.clockOffset = 40 * DAY
    const life = await bench.live(isRecovered)
    expect(life.keys).toMatchObject([{ keyId: bench.keyOfSbi(), state: 'active' }])
    expect(life.state.key?.keyId).not.toBe(keyId)
    const states = server.registry.of(bench.subject).map(({ state }) => state)
    expect(states).toEqual(['expired', 'revoked', 'active'])
  })

  it.each(LEVELS)(
    'may die before or after any step of its recovery (%s)',
    { timeout: 240_000 },
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      server.clockOffset = 40 * DAY
      server.registry.lifeMs = HOUR
      for (let point = 1; ; point++) {
        server.clockOffset += 2 * HOUR
        const issued = server.registry.of(bench.subject).length
        const fate = new Fate(point)
        const cutShort = await bench.live(isRecovered, { fate })
        expect(cutShort.keys.filter(({ state }) => state === 'active')).toHaveLength(1)
        const place = fate.names.at(-1)
        bench.expectOneKey(fate.isDead ? await bench.live(isRecovered) : cutShort)
        expect(server.registry.of(bench.subject), place).toHaveLength(issued + 1)
        if (!fate.isDead) break
      }
    },
  )

  it('is recovered too when the server says, signed, that the certificate is over', async () => {
    await using bench = await Bench.open('slap')
    const { server } = bench.desk
    const before = bench.keyOfSbi()
    const answer = server.checkInAnswer
    server.checkInAnswer = () => {
      server.checkInAnswer = answer
      return {
        type: 'refusal',
        body: { code: 'message.certificate-not-valid', ...WORDS, retryAfterSeconds: 1 },
      }
    }
    expect(bench.expectOneKey(await bench.live(isRecovered))).not.toBe(before)
  })
})
