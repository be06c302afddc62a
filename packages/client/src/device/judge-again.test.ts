import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import { type DeviceState, readDeviceState } from '../state/device-state.ts'
import { isOfAnotherEra, judgeAgain } from './judge-again.ts'
import { nextStep } from './next-step.ts'

const NOW = 2_000 * DAY_MS
const { dateTime: _, ...identity } = DIGITAL_ID
const answerable = { mid: 'm', subject: 's', signedDigitalId: '', replyKey: 'AAAA', madeAt: NOW }
const registered: DeviceState = {
  v: 1,
  identity: { ...identity, type: 'Finger' },
  level: 'L1',
  progress: 'registered',
  sequence: 7,
  key: { keyId: 'k'.repeat(43), spki: 'AAAA' },
  certificates: ['AAAA'],
  certificateNotAfter: NOW + 20 * DAY_MS,
}

/** Every wait there is, each until any time up to centuries away. */
const far = fc.integer({ min: 0, max: 200_000 }).map((days) => NOW + days * DAY_MS)
const instants = fc.record({
  checkIn: far,
  last: far,
  hold: far,
  purge: far,
  commands: far,
  rotation: far,
  challenge: far,
  hasTrouble: fc.boolean(),
  isRecovering: fc.boolean(),
  isReclaiming: fc.boolean(),
  progress: fc.constantFrom('identified', 'key-made', 'registered'),
})
type Instants = typeof instants extends fc.Arbitrary<infer T> ? T : never

function waiting(at: Instants): DeviceState {
  const { key, certificates: __, certificateNotAfter: ___, ...bare } = registered
  const trouble = { refusals: 3, supportCode: 'X', sentence: 'No.' }
  const parts = {
    hold: { outcome: 'pending', supportCode: 'X', sentence: 'Wait.', until: at.hold },
    purge: { ...answerable, jws: 'j', notBefore: at.purge },
    challenge: { nonce: 'n', expiresAt: at.challenge },
  } as const
  if (at.progress === 'identified') return { ...bare, ...parts, progress: 'identified' }
  if (at.progress === 'key-made') return { ...bare, ...parts, key: key!, progress: 'key-made' }
  return {
    ...registered,
    ...parts,
    nextCheckInAt: at.checkIn,
    lastCheckInAt: at.last,
    commands: { highest: 3, held: [], areWaiting: true, notBefore: at.commands },
    rotation: {
      start: at.rotation,
      end: at.rotation + DAY_MS,
      at: at.rotation,
      reason: 'scheduled',
      ...(at.hasTrouble && { trouble }),
    },
    ...(at.isRecovering && { recovery: {} }),
    ...(at.isReclaiming && { reclaim: { refusals: 1 }, unrecognised: 2 }),
  }
}

describe('waits that were begun under a false time', () => {
  it('waits for nothing that began under a false time once the clock was set back', () => {
    fc.assert(
      fc.property(instants, (at) => {
        const state = judgeAgain(waiting(at), NOW, 5)
        expect(readDeviceState(state)).toBe(state)
        expect(nextStep(state, NOW).kind).not.toBe('rest')
        // Nor does what comes after it wait for years.
        const { purge: __, ...delivered } = state
        const checkedIn = { ...delivered, lastCheckInAt: NOW, nextCheckInAt: NOW + DAY_MS }
        const next = nextStep(checkedIn, NOW)
        if (next.kind === 'rest') expect(next.until).toBeLessThanOrEqual(NOW + DAY_MS)
        expect(state.lastCheckInAt ?? 0).toBeLessThanOrEqual(NOW)
      }),
    )
  })

  it('judges a state once for each era of the clock, and a second time changes nothing', () => {
    fc.assert(
      fc.property(instants, (at) => {
        const before = waiting(at)
        expect([isOfAnotherEra(before, 0), isOfAnotherEra(before, 5)]).toEqual([false, true])
        const state = judgeAgain(before, NOW, 5)
        expect(isOfAnotherEra(state, 5)).toBe(false)
        expect(judgeAgain(state, NOW, 5)).toEqual(state)
      }),
    )
  })

  it('keeps keys, certificates, numbers and what the technician was told', () => {
    fc.assert(
      fc.property(instants, (at) => {
        const before = waiting(at)
        const after = judgeAgain(before, NOW, 5)
        for (const member of ['key', 'certificates', 'sequence', 'progress', 'identity'] as const)
          expect(after[member]).toEqual(before[member])
        expect(after.commands?.highest).toBe(before.commands?.highest)
        expect(after.purge?.jws).toBe(before.purge?.jws)
        expect(after.hold?.sentence).toBe(before.hold?.sentence)
      }),
    )
  })

  it('waits a day at most after a refused successor, and does an ordered rotation now', () => {
    const trouble = { refusals: 2, supportCode: 'X', sentence: 'No.' }
    const rotation = {
      start: NOW,
      end: NOW + DAY_MS,
      reason: 'scheduled',
      at: NOW + 400 * DAY_MS,
    } as const
    const refused = judgeAgain({ ...registered, rotation: { ...rotation, trouble } }, NOW, 1)
    expect(refused.rotation).toMatchObject({ at: NOW + DAY_MS, trouble })
    const held = [{ id: 'i'.repeat(36), number: 1, stage: 'begun', type: 'rotate-key' } as const]
    const ordered = judgeAgain({ ...registered, rotation, commands: { highest: 1, held } }, NOW, 1)
    expect(ordered.rotation?.at).toBe(NOW)
    expect(judgeAgain({ ...registered, rotation }, NOW, 1).rotation).toBeUndefined()
  })

  it('abandons a recovery whose certificate has not ended, and continues one whose certificate has', () => {
    const recovering = { ...registered, recovery: {} }
    expect(judgeAgain(recovering, NOW, 1).recovery).toBeUndefined()
    const ended = { ...recovering, certificateNotAfter: NOW - 1 }
    expect(judgeAgain(ended, NOW, 1).recovery).toEqual({})
  })
})
