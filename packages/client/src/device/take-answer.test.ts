import { describe, expect, it } from 'vitest'
import type { ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import { issue, makeAuthority, makeRsaKey, spkiOf } from '../../test/test-pki.ts'
import { checkedIn } from '../../test/server-answers.ts'
import { type DeviceState, readDeviceState } from '../state/device-state.ts'
import { takeAnswer } from './take-answer.ts'

const NOW = Date.now()
const context = { now: NOW, random: () => 0.5 }
const provider = makeAuthority('Example Biometrics')
const other = makeAuthority('Example Biometrics')
const spki = spkiOf(makeRsaKey().publicKey)
const commonName = `${DIGITAL_ID.serialNo}.${DIGITAL_ID.model}`
const leaf = issue(provider, { spki, commonName })

const { dateTime: _, ...identity } = DIGITAL_ID
const state: DeviceState = {
  v: 1,
  identity: { ...identity, type: 'Finger' },
  level: 'L1',
  progress: 'key-made',
  sequence: 9,
  key: { keyId: 'k'.repeat(43), spki: Buffer.from(spki).toString('base64') },
  challenge: { nonce: 'n', expiresAt: NOW },
  pending: {
    type: 'registration',
    text: '',
    mid: 'm',
    subject: 's',
    signedDigitalId: '',
    replyKey: 'AAAA',
    madeAt: NOW,
  },
}
const registered: DeviceState = {
  ...state,
  progress: 'registered',
  certificates: encodeCertificateChain([leaf, provider.der]),
}

const words = { supportCode: 'ABCD-2345', sentence: 'Wait.', retryAfterSeconds: 60 }
const answer = (type: string, body: object) => ({ type, body, at: NOW }) as ReceivedAnswer
const registration = (chain: readonly Uint8Array[]) =>
  answer('registration-answer', {
    outcome: 'registered',
    certificateChain: encodeCertificateChain(chain),
    nextCheckInSeconds: 60,
  })
const refusal = (code: string) => answer('refusal', { code, ...words })

describe('takeAnswer', () => {
  it('fetches commands at once when a check-in says that some wait, and not otherwise', () => {
    const later = { ...registered, nextCheckInAt: NOW + 60_000 }
    const take = (body: object) =>
      takeAnswer(later, 'commands', answer('commands-answer', body), context).nextCheckInAt
    expect(take({ commands: [], more: false, checkInNow: true })).toBe(NOW)
    expect(take({ commands: [], more: false })).toBe(NOW + 60_000)
  })

  it('keeps a certificate for this key and this device', () => {
    const next = takeAnswer(state, 'registration', registration([leaf, provider.der]), context)
    expect(next).toMatchObject({ progress: 'certified', nextCheckInAt: NOW, sequence: 9 })
    expect(next.certificates).toEqual(encodeCertificateChain([leaf, provider.der]))
    expect(next).not.toHaveProperty('pending')
    expect(next).not.toHaveProperty('challenge')
  })

  it.each([
    ['of another key', [issue(provider, { spki: spkiOf(makeRsaKey().publicKey), commonName })]],
    ['of another device', [issue(provider, { spki, commonName: `X.${DIGITAL_ID.model}` })]],
    ['that has ended', [issue(provider, { spki, commonName, notAfter: NOW - 1000 })]],
    ['that is not valid yet', [issue(provider, { spki, commonName, notBefore: NOW + 60_000 })]],
    ['of a CA', [issue(provider, { spki, commonName, isCa: true })]],
    ['with a chain that does not hold', [leaf, other.der]],
    ['that is none', [new Uint8Array([1, 2, 3])]],
  ])('refuses a certificate %s', (__, chain) => {
    expect(() => takeAnswer(state, 'registration', registration(chain), context)).toThrow(
      expect.objectContaining({ code: 'client.certificate-refused' }),
    )
  })

  it.each([
    ['registration-challenge', registration([leaf])],
    ['registration', answer('check-in-answer', { nextCheckInSeconds: 1 })],
    ['check-in', registration([leaf])],
  ] as const)('refuses an answer that does not fit %s', (asked, wrong) => {
    expect(() => takeAnswer(state, asked, wrong, context)).toThrow(
      expect.objectContaining({ code: 'message.wrong-type' }),
    )
  })

  it.each(['pending', 'refused'] as const)(
    'remembers what to tell the technician: %s',
    (outcome) => {
      const body = { outcome, ...words }
      const next = takeAnswer(state, 'registration', answer('registration-answer', body), context)
      const { supportCode, sentence } = words
      expect(next).toMatchObject({
        progress: 'key-made',
        key: state.key,
        hold: { outcome, supportCode, sentence, until: NOW + 63_000 },
      })
    },
  )

  it('checks in within the interval it was told, up to a tenth earlier', () => {
    const body = checkedIn({ nextCheckInSeconds: 86_400 }).body
    for (const random of [0, 0.999]) {
      const next = takeAnswer(registered, 'check-in', answer('check-in-answer', body), {
        now: NOW,
        random: () => random,
      })
      const wait = (next.nextCheckInAt ?? 0) - NOW
      expect(wait).toBeLessThanOrEqual(86_400_000)
      expect(wait).toBeGreaterThanOrEqual(77_760_000)
      expect(next.lastCheckInAt).toBe(NOW)
    }
  })

  it.each(['registration.device-deregistered', 'registration.device-blocked'] as const)(
    'signs a purge certificate when the server says, signed: %s',
    (code) => {
      const gone = refusal(code)
      const next = takeAnswer(registered, 'check-in', gone, context)
      expect(next).toMatchObject({ progress: 'purge-ordered', key: state.key, purgeOrder: 'm' })
      // The certificate names the key that signs it.
      expect(next).toHaveProperty('certificates')
      expect(readDeviceState(next)).toBeDefined()
    },
  )

  it('keeps its key when it is only suspended', () => {
    const next = takeAnswer(
      registered,
      'check-in',
      refusal('registration.device-suspended'),
      context,
    )
    expect(next).toMatchObject({ progress: 'registered', hold: { outcome: 'refused' } })
  })

  it('destroys a key that the server no longer wants only after two signed refusals', () => {
    const no = answer('registration-answer', { outcome: 'refused', ...words })
    const asking = { ...registered, reclaim: { refusals: 0 } }
    const once = takeAnswer(asking, 'registration', no, context)
    expect(once).toMatchObject({ progress: 'registered', reclaim: { refusals: 1 } })
    const twice = takeAnswer(once, 'registration', no, context)
    expect(twice).toMatchObject({ progress: 'key-discarded' })
    const back = takeAnswer(once, 'registration', registration([leaf, provider.der]), context)
    expect(back).toMatchObject({ progress: 'certified' })
    expect(back).not.toHaveProperty('reclaim')
  })
})
