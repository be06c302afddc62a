import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { DeviceState } from '../src/state/device-state.ts'
import { Bench } from './bench.ts'
import { Fate } from './lives.ts'

const LEVELS = [
  ['L0', 'face'],
  ['L1', 'slap'],
] as const

const isRotated = ({ superseded, successor, doomed }: DeviceState): boolean =>
  superseded === undefined && successor === undefined && doomed === undefined

describe('A rotation', () => {
  it.each(LEVELS)(
    'gives the device a new key, and destroys the old one once the server has seen the new one (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const before = bench.expectOneKey(await bench.live())
      bench.order()
      const messages = bench.desk.server.messages.length
      const life = await bench.live(isRotated)
      expect(bench.expectOneKey(life)).not.toBe(before)
      expect(bench.desk.server.typesSeen().slice(messages)).toEqual([
        'check-in',
        'key-rotation',
        'check-in',
      ])
      expect(bench.desk.server.certificateInUse.at(-1)).toBe('yes')
      expect(new Set(bench.desk.server.installations).size).toBe(1)
      const states = bench.desk.server.registry.of(bench.subject).map(({ state }) => state)
      expect(states).toEqual(['superseded', 'active'])
    },
  )

  it.each(LEVELS)(
    'continues a rotation with exactly one usable key, at whichever step it dies (%s)',
    { timeout: 240_000 },
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      let deaths = 0
      for (let point = 1; ; point++) {
        const certificates = bench.desk.server.registry.of(bench.subject).length
        const before = bench.keyOfSbi()
        bench.order()
        const fate = new Fate(point)
        const cutShort = await bench.live(isRotated, { fate })
        bench.expectUsable(cutShort)
        if (!fate.isDead) break
        deaths++
        const place = fate.names.at(-1)
        const after = bench.expectOneKey(await bench.live(isRotated))
        expect(after, place).not.toBe(before)
        // No certificate that nobody uses, whatever was interrupted.
        expect(bench.desk.server.registry.of(bench.subject), place).toHaveLength(certificates + 1)
      }
      expect(deaths).toBeGreaterThanOrEqual(24)
      const numbers = new Map(bench.desk.server.messages.map(({ mid, seq }) => [mid, seq]))
      expect(new Set(numbers.values()).size).toBe(numbers.size)
    },
  )

  it.each(LEVELS)(
    'keeps the new key after "postponed", and continues with it in the new window (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      bench.order()
      const before = bench.keyOfSbi()
      server.rotationAnswer = () => ({
        type: 'key-rotation-answer',
        body: {
          outcome: 'postponed',
          rotation: {
            start: formatTimestamp(server.now() + HOUR_MS),
            end: formatTimestamp(server.now() + 2 * HOUR_MS),
            reason: 'ordered',
          },
        },
      })
      const postponed = await bench.live(({ rotation }) => (rotation?.at ?? 0) > server.now())
      const { successor } = postponed.state
      expect(successor?.stage).toBe('key-made')
      bench.expectUsable(postponed)
      expect(bench.keyOfSbi()).toBe(before)

      server.rotationAnswer = () => undefined
      server.clockOffset = 2.1 * HOUR_MS
      const life = await bench.live(isRotated)
      expect(bench.expectOneKey(life)).toBe(successor?.keyId)
    },
  )

  it.each(LEVELS)(
    'destroys a refused new key, keeps the old one, and makes another later (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      bench.order()
      const before = bench.keyOfSbi()
      server.rotationAnswer = () => ({
        type: 'refusal',
        body: {
          code: 'rotation.key-not-new',
          supportCode: 'ABCD-2345',
          sentence: 'This key was used before.',
          retryAfterSeconds: 60,
        },
      })
      const refused = await bench.live(
        (state) => state.rotation?.trouble !== undefined && isRotated(state),
      )
      expect(refused.state.rotation?.at).toBeGreaterThan(server.now() + HOUR_MS / 2)
      expect(refused.state).not.toHaveProperty('hold')
      expect(bench.expectOneKey(refused)).toBe(before)
      expect(server.registry.of(bench.subject)).toHaveLength(1)

      server.rotationAnswer = () => undefined
      server.clockOffset = 1.2 * HOUR_MS
      const life = await bench.live(
        (state) => state.rotation?.trouble === undefined && isRotated(state),
      )
      expect(bench.expectOneKey(life)).not.toBe(before)
    },
  )

  it('gets the certificate that was issued, and no second one, when answers are lost for hours', async () => {
    await using bench = await Bench.open('slap')
    const { server } = bench.desk
    bench.order()
    const lost = await bench.live(({ successor }) => successor !== undefined, {
      fate: new Fate(14),
    })
    expect(lost.state.pending?.type).toBe('key-rotation')
    expect(server.registry.of(bench.subject, 'pending')).toHaveLength(1)
    // Too old to be taken again: another message, with the same key.
    server.clockOffset = 3 * HOUR_MS
    const life = await bench.live(isRotated)
    expect(bench.expectOneKey(life)).toBe(lost.state.successor?.keyId)
    expect(server.registry.of(bench.subject)).toHaveLength(2)
  })

  it('destroys a pending key that no state names before it makes another', async () => {
    await using bench = await Bench.open('slap')
    const stray = await bench.device.chip!.generateKey()
    bench.order()
    const life = await bench.live(isRotated)
    expect(bench.expectOneKey(life)).not.toBe(stray.keyId)
  })

  it('installs no certificate that is not for the new key, or that begins before the old one', async () => {
    await using bench = await Bench.open('face')
    const { server } = bench.desk
    bench.order()
    const before = bench.keyOfSbi()
    const [own] = server.registry.of(bench.subject)
    server.rotationAnswer = () => ({
      type: 'key-rotation-answer',
      body: {
        outcome: 'issued',
        certificateChain: own!.chain.map((der) => Buffer.from(der).toString('base64')),
      },
    })
    const life = await bench.live(() => server.typesSeen().includes('key-rotation'))
    expect(life.events).toContainEqual(
      expect.objectContaining({ kind: 'failed', code: 'client.certificate-refused' }),
    )
    expect(life.state.successor?.stage).toBe('key-made')
    expect(bench.keyOfSbi()).toBe(before)
    bench.expectUsable(life)
  })

  it('takes over a rotation that happened on another computer when the device comes back', async () => {
    await using bench = await Bench.open('slap')
    const elsewhere = { config: { stateDirectory: join(bench.desk.directory, 'another') } }
    // Half a rotation here: the new key waits for its certificate in the chip.
    bench.order()
    const half = await bench.live(undefined, { fate: new Fate(10) })
    expect(half.keys).toHaveLength(2)
    const there = await bench.live(isRotated, elsewhere)
    expect(there.keys).toHaveLength(1)
    const back = await bench.live(isRotated)
    expect(bench.expectOneKey(back)).toBe(there.state.key?.keyId)

    bench.order()
    const again = bench.expectOneKey(await bench.live(isRotated, elsewhere))
    expect(bench.expectOneKey(await bench.live(isRotated))).toBe(again)
    expect(new Set(bench.desk.server.installations).size).toBe(2)
  })
})
