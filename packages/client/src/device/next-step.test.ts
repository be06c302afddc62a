import { describe, expect, it } from 'vitest'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import type { DeviceState } from '../state/device-state.ts'
import { backoffMs } from './backoff.ts'
import { nextSequence } from './make-message.ts'
import { nextStep } from './next-step.ts'

const NOW = 1_000_000_000
const { dateTime: _, ...identity } = DIGITAL_ID
const base: DeviceState = {
  v: 1,
  identity: { ...identity, type: 'Finger' },
  level: 'L1',
  progress: 'identified',
  sequence: 0,
}
const key = { keyId: 'k'.repeat(43), spki: 'AAAA' }
const certificates = ['AAAA']
const pending = {
  type: 'registration' as const,
  text: '',
  mid: 'm',
  subject: 's',
  signedDigitalId: '',
  replyKey: 'AAAA',
  madeAt: NOW - 1000,
}
const challenge = { nonce: 'n', expiresAt: NOW + 60_000 }
const hold = { outcome: 'refused', supportCode: 'X', sentence: '', until: NOW + 5000 } as const

describe('nextStep', () => {
  it.each<[string, Partial<DeviceState>, number | undefined, object]>([
    ['a new device gets a key', {}, NOW, { kind: 'make-key' }],
    ['time comes before any message', {}, undefined, { kind: 'synchronise' }],
    ['with a key, a challenge', { progress: 'key-made', key }, NOW, { kind: 'ask-for-challenge' }],
    [
      'with a challenge, the certificate',
      { progress: 'key-made', key, challenge },
      NOW,
      { kind: 'ask-for-certificate' },
    ],
    [
      'a challenge about to end is not used',
      { progress: 'key-made', key, challenge: { ...challenge, expiresAt: NOW + 5000 } },
      NOW,
      { kind: 'ask-for-challenge' },
    ],
    [
      'a message on its way comes before everything but an installation',
      { progress: 'key-made', key, challenge, pending, hold },
      NOW,
      { kind: 'deliver' },
    ],
    [
      'a message too old is given up',
      { progress: 'key-made', key, pending: { ...pending, madeAt: NOW - 300_000 } },
      NOW,
      { kind: 'give-up-message' },
    ],
    [
      'a certificate is installed even without the server',
      { progress: 'certified', key, certificates },
      undefined,
      { kind: 'install-certificate' },
    ],
    [
      'a discarded key is destroyed even without the server',
      { progress: 'key-discarded', key, hold },
      undefined,
      { kind: 'destroy-key' },
    ],
    [
      'what the server said is respected',
      { progress: 'key-made', key, hold },
      NOW,
      { kind: 'rest', until: hold.until },
    ],
    ['and ends', { progress: 'key-made', key, hold }, hold.until, { kind: 'ask-for-challenge' }],
    [
      'an overdue check-in is made at once',
      { progress: 'registered', key, certificates, nextCheckInAt: NOW - 1 },
      NOW,
      { kind: 'check-in' },
    ],
    [
      'one that is not due waits',
      { progress: 'registered', key, certificates, nextCheckInAt: NOW + 1 },
      NOW,
      { kind: 'rest', until: NOW + 1 },
    ],
    [
      'a device that is no longer recognised asks for its certificate',
      { progress: 'registered', key, certificates, reclaim: { refusals: 0 } },
      NOW,
      { kind: 'ask-for-challenge' },
    ],
  ])('%s', (__, state, now, step) => {
    expect(nextStep({ ...base, ...state }, now)).toEqual(step)
  })
})

describe('nextSequence', () => {
  it('counts an L0 device by one, so that a copied state shows as a fork', () => {
    expect(nextSequence(0, 'L0', NOW)).toBe(NOW)
    expect(nextSequence(NOW, 'L0', NOW + 999)).toBe(NOW + 1)
  })

  it('numbers an L1 device by time, for it may come back from another machine', () => {
    expect(nextSequence(NOW, 'L1', NOW + 999)).toBe(NOW + 999)
    expect(nextSequence(NOW, 'L1', NOW)).toBe(NOW + 1)
    expect(nextSequence(NOW, 'L1', NOW - 999)).toBe(NOW + 1)
  })
})

describe('backoffMs', () => {
  it('doubles its bound up to a quarter of an hour, and takes any time below', () => {
    const bounds = [1, 2, 3, 8, 9, 10, 50, 2000].map((failures) => backoffMs(failures, () => 1))
    expect(bounds).toEqual([2000, 4000, 8000, 256_000, 512_000, 900_000, 900_000, 900_000])
    expect(backoffMs(10, () => 0.5)).toBe(450_000)
    expect(backoffMs(10, () => 0)).toBe(250)
  })
})
