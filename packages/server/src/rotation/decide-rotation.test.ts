import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RotationRequestFacts, decideRotation } from './decide-rotation.ts'

const NOW = Date.parse('2027-03-10T12:00:00Z')

/** A device that does everything right, in its window. */
const SOUND: RotationRequestFacts = {
  hasNextNumber: true,
  state: 'registered',
  signedBy: 'old',
  replaces: 'old',
  active: 'old',
  refusedWith: undefined,
  keyUse: 'never',
  plan: { start: NOW - MINUTE_MS, end: NOW + MINUTE_MS, reason: 'scheduled' },
  stretched: undefined,
  now: NOW,
  tolerance: 0,
}

const window = fc
  .record({
    start: fc.integer({ min: -10, max: 10 }),
    length: fc.integer({ min: 1, max: 10 }),
    reason: fc.constantFrom(
      'scheduled' as const,
      'certificate-ending' as const,
      'issuer-renewed' as const,
      'ordered' as const,
    ),
  })
  .map(({ start, length, reason }) => ({
    start: NOW + start * MINUTE_MS,
    end: NOW + (start + length) * MINUTE_MS,
    reason,
  }))

const facts: fc.Arbitrary<RotationRequestFacts> = fc.record({
  hasNextNumber: fc.boolean(),
  state: fc.constantFrom(...DEVICE_STATES),
  signedBy: fc.constantFrom('old', 'other'),
  replaces: fc.constantFrom('old', 'other'),
  active: fc.constantFrom('old', 'other', undefined),
  refusedWith: fc.constantFrom(undefined, 'registration.key-weak' as const),
  keyUse: fc.constantFrom(
    'never' as const,
    'planned' as const,
    'issued' as const,
    'before' as const,
  ),
  plan: window,
  stretched: fc.option(window, { nil: undefined }),
  now: fc.constant(NOW),
  tolerance: fc.constantFrom(0, MINUTE_MS),
})

describe('the decision on a request to rotate', () => {
  it('issues only to a registered device, for its current certificate and an acceptable next key', () => {
    fc.assert(
      fc.property(facts, (some) => {
        const { verdict } = decideRotation(some)
        if (verdict !== 'issue' && verdict !== 'repeat') return
        expect(some).toMatchObject({
          hasNextNumber: true,
          state: 'registered',
          refusedWith: undefined,
        })
        expect(some.signedBy).toBe(some.active)
        expect(some.replaces).toBe(some.active)
        expect(some.keyUse).not.toBe('before')
        expect(verdict === 'repeat').toBe(some.keyUse === 'issued')
      }),
      { numRuns: 3000 },
    )
  })

  it('grants no early rotation without an order', () => {
    fc.assert(
      fc.property(facts, (some) => {
        if (decideRotation(some).verdict !== 'issue' || some.keyUse === 'planned') return
        expect(some.plan.reason === 'ordered' || some.now >= some.plan.start - some.tolerance).toBe(
          true,
        )
        expect(some.stretched).toBeUndefined()
      }),
      { numRuns: 3000 },
    )
  })

  const later = {
    start: NOW + 5 * MINUTE_MS,
    end: NOW + 9 * MINUTE_MS,
    reason: 'scheduled',
  } as const
  it.each<[string, Partial<RotationRequestFacts>, object]>([
    ['in time', {}, { verdict: 'issue' }],
    ['in time, long after the window', { now: NOW + 1e9 }, { verdict: 'issue' }],
    ['early', { plan: later }, { verdict: 'postpone', plan: later }],
    [
      'early by less than clocks may differ',
      { plan: later, tolerance: 6 * MINUTE_MS },
      { verdict: 'issue' },
    ],
    ['early, but ordered', { plan: { ...later, reason: 'ordered' } }, { verdict: 'issue' }],
    ['while the HSM has much in hand', { stretched: later }, { verdict: 'postpone', plan: later }],
    ['that was begun while it has', { stretched: later, keyUse: 'planned' }, { verdict: 'issue' }],
    ['for a certificate that is there', { keyUse: 'issued', plan: later }, { verdict: 'repeat' }],
    [
      'with a key of before',
      { keyUse: 'before' },
      { verdict: 'refuse', code: 'rotation.key-not-new' },
    ],
    [
      'for another certificate',
      { replaces: 'other' },
      { verdict: 'refuse', code: 'rotation.replaces-another' },
    ],
    ['under a certificate that gave way', { active: 'other' }, { verdict: 'again' }],
    ['of a suspended device', { state: 'suspended' }, { verdict: 'refuse-state' }],
    ['whose number is taken', { hasNextNumber: false }, { verdict: 'again' }],
  ])('%s', (_name, change, decision) => {
    expect(decideRotation({ ...SOUND, ...change })).toEqual(decision)
  })
})
