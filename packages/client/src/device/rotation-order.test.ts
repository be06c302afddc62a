import { describe, expect, it } from 'vitest'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import type { DeviceState } from '../state/device-state.ts'
import { discardSuccessor, postpone, takeOrder } from './rotation-order.ts'

const NOW = Date.UTC(2026, 10, 24)
const { dateTime: _, ...identity } = DIGITAL_ID
const successor = { keyId: 's'.repeat(43), spki: 'AAAA', stage: 'key-made' } as const
const state: DeviceState = {
  v: 1,
  identity: { ...identity, type: 'Finger' },
  level: 'L1',
  progress: 'registered',
  sequence: 1,
  key: { keyId: 'k'.repeat(43), spki: 'AAAA' },
  certificates: ['AAAA'],
  successor,
}
const order = (from: number, to: number) => ({
  start: formatTimestamp(NOW + from * HOUR_MS),
  end: formatTimestamp(NOW + to * HOUR_MS),
  reason: 'scheduled' as const,
})
const at = (value: number) => ({ now: NOW, random: () => value })
const words = { supportCode: 'ABCD-2345', sentence: 'Not this key.', retryAfterSeconds: 60 }

describe('The order to rotate', () => {
  it.each([
    [0, 2],
    [0.5, 3],
    [0.999, 3.998],
  ])('draws the instant of a rotation anywhere in the window: %d', (random, hours) => {
    const { rotation } = takeOrder(state, order(2, 4), at(random))
    expect(rotation?.at).toBe(NOW + hours * HOUR_MS)
  })

  it('keeps the drawn instant while the window stays the same, and draws again when it changes', () => {
    const drawn = takeOrder(state, order(2, 4), at(0.25))
    const same = takeOrder(drawn, { ...order(2, 4), reason: 'ordered' }, at(0.75))
    expect(same.rotation).toEqual({ ...drawn.rotation, reason: 'ordered' })
    expect(takeOrder(drawn, order(1, 4), at(0)).rotation?.at).toBe(NOW + HOUR_MS)
  })

  it('does not rotate a key that has just replaced another, unless a person ordered it', () => {
    const rotated = { ...state, superseded: 'o'.repeat(43) }
    expect(takeOrder(rotated, order(-3, -1), at(0.5)).rotation?.at).toBe(NOW + HOUR_MS)
    const byPerson = takeOrder(rotated, { ...order(-3, -1), reason: 'ordered' }, at(0.5))
    expect(byPerson.rotation?.at).toBe(NOW - 2 * HOUR_MS)
  })

  it.each([
    ['ends where it starts', 2, 2],
    ['ends before it starts', 4, 2],
  ])('takes no order when its window %s', (__, from, to) => {
    expect(takeOrder(state, order(from, to), at(0.5))).toEqual(state)
    const known = takeOrder(state, order(2, 4), at(0.5))
    expect(takeOrder(known, order(from, to), at(0.5))).toEqual(known)
  })

  it('keeps the new key after "postponed", and does not ask again at once', () => {
    const later = postpone(state, order(1, 3), at(0.5))
    expect(later).toMatchObject({ successor, rotation: { at: NOW + 2 * HOUR_MS } })
    for (const window of [order(-3, -1), order(3, 1)]) {
      const { rotation } = postpone(state, window, at(0.5))
      expect(rotation?.at).toBe(NOW + HOUR_MS / 4)
    }
  })

  it('dooms a refused successor, and waits longer each time before it makes the next', () => {
    const first = discardSuccessor(state, words, at(0))
    expect(first).toMatchObject({ doomed: [successor.keyId], key: state.key })
    expect(first).not.toHaveProperty('successor')
    expect(first.rotation).toMatchObject({ at: NOW + HOUR_MS, trouble: { refusals: 1 } })
    const second = discardSuccessor({ ...first, successor }, words, at(0))
    expect(second.rotation).toMatchObject({ at: NOW + 2 * HOUR_MS, trouble: { refusals: 2 } })
    const told = discardSuccessor(state, { ...words, retryAfterSeconds: 86_400 }, at(0))
    expect(told.rotation?.at).toBe(NOW + 24 * HOUR_MS)
    // Nor does another window bring it forward.
    expect(takeOrder(second, order(-1, 1), at(0)).rotation).toMatchObject({ at: NOW + 2 * HOUR_MS })
  })
})
