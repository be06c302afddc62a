import { describe, expect, it } from 'vitest'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import type { DeviceState } from '../state/device-state.ts'
import { backoffMs } from '../base/backoff.ts'
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
const waiting = { progress: 'registered', key, certificates, nextCheckInAt: NOW + 1000 } as const
const rotation = { start: NOW - 2, end: NOW, reason: 'scheduled', at: NOW - 1 } as const
const successor = { keyId: 's'.repeat(43), spki: 'AAAA', stage: 'key-made' } as const
const { type: _type, text: _text, ...answerable } = pending
const purge = { ...answerable, jws: 'j' }
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
      'discarded keys are destroyed even without the server',
      { progress: 'key-discarded', key, hold },
      undefined,
      { kind: 'destroy-keys' },
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
    [
      'a rotation whose instant has not come waits for it, or for the check-in',
      { ...waiting, rotation: { ...rotation, at: NOW + 10 } },
      NOW,
      { kind: 'rest', until: NOW + 10 },
    ],
    [
      'the check-in comes before the rotation',
      { ...waiting, nextCheckInAt: NOW, rotation },
      NOW,
      { kind: 'check-in' },
    ],
    ['a rotation begins with a key', { ...waiting, rotation }, NOW, { kind: 'make-successor' }],
    [
      'then its certificate is asked for',
      { ...waiting, rotation, successor },
      NOW,
      { kind: 'ask-for-rotation' },
    ],
    [
      'a successor whose rotation was postponed waits',
      { ...waiting, rotation: { ...rotation, at: NOW + 10 }, successor },
      NOW,
      { kind: 'rest', until: NOW + 10 },
    ],
    [
      'a certified successor is installed even without the server',
      { ...waiting, rotation, successor: { ...successor, stage: 'certified', certificates }, hold },
      undefined,
      { kind: 'install-successor' },
    ],
    [
      'a key that has had its day is destroyed even without the server',
      { ...waiting, doomed: [successor.keyId] },
      undefined,
      { kind: 'destroy-doomed' },
    ],
    [
      'the old key is not destroyed before the server has seen the new one',
      { ...waiting, superseded: successor.keyId },
      undefined,
      { kind: 'synchronise' },
    ],
    [
      'a certificate past its end is recovered, whatever else is due',
      { ...waiting, certificateNotAfter: NOW - 1, rotation, reclaim: { refusals: 1 } },
      NOW,
      { kind: 'begin-recovery' },
    ],
    [
      'a recovery begins with a key',
      { ...waiting, certificateNotAfter: NOW - 1, recovery: {} },
      NOW,
      { kind: 'make-successor' },
    ],
    [
      'then it asks for a challenge',
      { ...waiting, recovery: {}, successor },
      NOW,
      { kind: 'ask-for-challenge' },
    ],
    [
      'and for the certificate',
      { ...waiting, recovery: {}, successor, challenge },
      NOW,
      { kind: 'ask-for-certificate' },
    ],
    [
      'a recovery that waits for its approval waits',
      { ...waiting, recovery: {}, successor, hold },
      NOW,
      { kind: 'rest', until: hold.until },
    ],
    [
      'a purge certificate is signed before anything is destroyed',
      { progress: 'purge-ordered', key, certificates, purgeOrder: 'm', hold, successor },
      NOW,
      { kind: 'sign-purge' },
    ],
    ['and delivered whatever the server said', { purge, hold }, NOW, { kind: 'deliver-purge' }],
    [
      'one that nobody recognised does not hold the device up',
      { purge: { ...purge, notBefore: NOW + 1 } },
      NOW,
      { kind: 'make-key' },
    ],
  ])('%s', (__, state, now, step) => {
    expect(nextStep({ ...base, ...state }, now)).toEqual(step)
  })
})

describe('nextSequence', () => {
  it('numbers the messages of an L0 device one by one, so that a copied state shows', () => {
    expect(nextSequence(0, 'L0', NOW)).toBe(NOW)
    expect(nextSequence(NOW, 'L0', NOW + 999)).toBe(NOW + 1)
  })

  it('numbers the messages of an L1 device by time, because it may come back from another machine', () => {
    expect(nextSequence(NOW, 'L1', NOW + 999)).toBe(NOW + 999)
    expect(nextSequence(NOW, 'L1', NOW)).toBe(NOW + 1)
    expect(nextSequence(NOW, 'L1', NOW - 999)).toBe(NOW + 1)
  })
})

describe('backoffMs', () => {
  it('doubles the bound up to a quarter of an hour, and draws any time below it', () => {
    const bounds = [1, 2, 3, 8, 9, 10, 50, 2000].map((failures) => backoffMs(failures, () => 1))
    expect(bounds).toEqual([2000, 4000, 8000, 256_000, 512_000, 900_000, 900_000, 900_000])
    expect(backoffMs(10, () => 0.5)).toBe(450_000)
    expect(backoffMs(10, () => 0)).toBe(250)
  })
})
