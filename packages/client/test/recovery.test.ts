import { describe, expect, it } from 'vitest'
import type { DeviceState } from '../src/state/device-state.ts'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Bench } from './bench.ts'
import { Fate, type Life } from './lives.ts'
import { makeAuthority } from './test-pki.ts'
import { makeSigner } from './server-answers.ts'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'

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
  bench.desk.server.clockOffset = 40 * DAY_MS
  return bench
}

describe('A device that was offline past the end of its certificate', () => {
  it.each(LEVELS)(
    'recovers with a new key and a new certificate, and names the old one (%s)',
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
    'waits for the approval of a recovery with the same new key, and keeps the old one meanwhile (%s)',
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
      server.clockOffset += HOUR_MS
      const life = await bench.live(isRecovered)
      expect(bench.expectOneKey(life)).toBe(successor?.keyId)
    },
  )

  it.each(LEVELS)(
    'keeps its old key after a refused recovery, destroys the new one, and asks again when told (%s)',
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
      server.clockOffset += HOUR_MS
      expect(bench.expectOneKey(await bench.live(isRecovered))).not.toBe(before)
    },
  )

  it('does not recover with a key that a rotation had certified meanwhile', async () => {
    await using bench = await Bench.open('slap')
    const { server } = bench.desk
    bench.order()
    const lost = await bench.live(undefined, { fate: new Fate(14) })
    const { keyId } = lost.state.successor ?? {}
    expect(server.registry.of(bench.subject, 'pending')).toMatchObject([{ keyId }])
    server.clockOffset = 40 * DAY_MS
    const life = await bench.live(isRecovered)
    expect(life.keys).toMatchObject([{ keyId: bench.keyOfSbi(), state: 'active' }])
    expect(life.state.key?.keyId).not.toBe(keyId)
    const states = server.registry.of(bench.subject).map(({ state }) => state)
    expect(states).toEqual(['expired', 'revoked', 'active'])
  })

  it.each(LEVELS)(
    'ends with one usable key, at whichever step of its recovery it dies (%s)',
    { timeout: 240_000 },
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      server.clockOffset = 40 * DAY_MS
      server.registry.lifeMs = HOUR_MS
      for (let point = 1; ; point++) {
        server.clockOffset += 2 * HOUR_MS
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

  it('recovers when the server says, signed, that the certificate has expired', async () => {
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

const GONE = { supportCode: '9ZQ2-M4XH', sentence: 'This device was de-registered.' }

function deregister({ desk: { server } }: Bench): void {
  const words = { ...GONE, retryAfterSeconds: 7200 }
  server.recoveryAnswer = () => ({
    type: 'refusal',
    body: { code: 'registration.device-deregistered', ...words },
  })
  // Until it is approved anew.
  server.verdict = () => ({ outcome: 'refused', ...words })
}

function approveAnew({ desk: { server } }: Bench): void {
  server.recoveryAnswer = () => undefined
  server.verdict = () => undefined
  server.clockOffset += 3 * HOUR_MS
}

const isWithoutKey = ({ progress }: DeviceState): boolean => progress === 'identified'

function expectNoKey(bench: Bench, { keys }: Life): void {
  expect(keys).toEqual([])
  expect(bench.device.chip?.deviceSigner).toBeUndefined()
  if (bench.device.chip === undefined)
    expect(readdirSync(join(bench.desk.directory, 'hand-over'))).toEqual([])
}

describe('A device that was de-registered while it was offline past the end of its certificate', () => {
  it.each(LEVELS)(
    'destroys its keys without a purge certificate, says why, and comes back after a new approval (%s)',
    async (_, kind) => {
      await using bench = await openEnded(kind)
      const { server } = bench.desk
      const before = bench.keyOfSbi()
      deregister(bench)

      const gone = await bench.live(isWithoutKey)

      expectNoKey(bench, gone)
      expect(server.purges).toEqual([])
      expect(gone.state).toMatchObject({ unsignedPurge: 'certificate-over', hold: GONE })
      expect(gone.events).toContainEqual({ kind: 'purge-unsigned', reason: 'certificate-over' })
      expect(gone.state).not.toHaveProperty('recovery')

      // Asking again is to no avail.
      server.clockOffset += 3 * HOUR_MS
      const refused = await bench.live(({ hold }) => hold !== undefined)
      expect(refused.state.progress).not.toBe('registered')

      approveAnew(bench)
      const back = await bench.live(({ progress }) => progress === 'registered')
      expect(bench.expectOneKey(back)).not.toBe(before)
      expect(back.state).not.toHaveProperty('unsignedPurge')
    },
  )

  it.each(LEVELS)(
    'has its key, or in good order none, at whichever step it dies (%s)',
    { timeout: 240_000 },
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const { server } = bench.desk
      server.registry.lifeMs = HOUR_MS
      server.clockOffset = 40 * DAY_MS
      for (let point = 1; ; point++) {
        const before = bench.keyOfSbi()
        server.clockOffset += 2 * HOUR_MS
        deregister(bench)
        const fate = new Fate(point)
        const cutShort = await bench.live(isWithoutKey, { fate })
        const { state, keys } = cutShort
        // A key that is gone was given up on disk first; one that was not given up is there.
        const isThere = keys.some(({ keyId }) => keyId === before)
        if (!['key-discarded', 'identified'].includes(state.progress))
          expect(isThere, fate.names.at(-1)).toBe(true)
        expectNoKey(bench, fate.isDead ? await bench.live(isWithoutKey) : cutShort)
        expect(server.purges).toEqual([])
        if (!fate.isDead) break
        approveAnew(bench)
        bench.expectOneKey(await bench.live(({ progress }) => progress === 'registered'))
      }
    },
  )

  it('keeps its key when an order to destroy it is not from the server', async () => {
    await using bench = await openEnded('slap')
    const { server } = bench.desk
    const before = bench.keyOfSbi()
    deregister(bench)
    server.mischief.answerSigner = makeSigner(makeAuthority('Somebody else'))
    const life = await bench.live(undefined, { patienceMs: 60_000 })
    expect(life.keys).toContainEqual({ keyId: before, state: 'active' })
    expect(life.state).toMatchObject({ progress: 'registered', key: { keyId: before } })
  })

  it('signs its purge certificate while its certificate is still valid', async () => {
    await using bench = await Bench.open('slap')
    const { server } = bench.desk
    const keyId = bench.keyOfSbi()
    deregister(bench)
    server.checkInAnswer = () => ({
      type: 'refusal',
      body: { code: 'message.certificate-not-valid', ...WORDS, retryAfterSeconds: 1 },
    })
    const life = await bench.live((state) => isWithoutKey(state) && state.purge === undefined)
    expectNoKey(bench, life)
    expect(server.purges).toHaveLength(1)
    expect(server.purges[0]?.keyIds).toContain(keyId)
    expect(life.state).not.toHaveProperty('unsignedPurge')
  })
})
