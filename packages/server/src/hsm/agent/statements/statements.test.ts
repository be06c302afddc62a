import { DAY_MS } from '@sanad/protocol/text/durations'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BAD,
  commandKey,
  device,
  former,
  GOOD,
  KINDS,
  leaf,
  own,
  responseKey,
} from '../../../../test/bad-statements.ts'
import { KEY_OF_STATEMENT, type StatementKind } from '../../agent-protocol.ts'
import { idOfSpki } from '../key-objects.ts'
import {
  crlDistributionPoints,
  extendedKeyUsage,
  keyOf,
  keyUsage,
  NOW,
  tbsCertificate,
  tbsCertList,
} from './sample-statements.ts'
import { checkStatement, limitsOf } from './statements.ts'

const held = new Map([
  [idOfSpki(own), 'provider-ca'],
  [idOfSpki(commandKey), 'command'],
])
const keys = {
  has: (purpose: string, id: string) => held.get(id) === purpose,
  holds: (id: string) => held.has(id),
}
const check = (kind: StatementKind, bytes: Uint8Array): void =>
  checkStatement(kind, bytes, {
    key: keyOf(KEY_OF_STATEMENT[kind], own),
    keys,
    limits: { longestCertificateMs: 90 * DAY_MS, latestStart: () => NOW + DAY_MS },
  })

const refused = expect.objectContaining({ code: 'hsm.request-refused' }) as Error

describe('what the token signs', () => {
  it.each(KINDS)('signs a sound %s', (kind) => {
    expect(() => check(kind, GOOD[kind])).not.toThrow()
  })

  it('signs a device certificate without basic constraints', () => {
    check('device-certificate', device(keyUsage(0)))
    check('device-certificate', leaf({}, crlDistributionPoints(), extendedKeyUsage(former.device)))
    check('response-key', responseKey({}, former.response))
  })

  it('signs a revocation list that revokes nothing', () => {
    check('revocation-list', tbsCertList({ entries: [] }))
  })

  it.each(
    KINDS.flatMap((kind) =>
      KINDS.filter((other) => other !== kind).map((other) => [kind, other] as const),
    ),
  )('refuses to sign, as a %s, a %s', (kind, other) => {
    // A response key of Ed25519 would be refused for its key alone; what matters is that no cell is open.
    expect(() => check(kind, GOOD[other])).toThrow(refused)
  })

  it.each(KINDS.flatMap((kind) => Object.keys(BAD[kind]).map((fault) => [kind, fault] as const)))(
    'refuses to sign a %s %s',
    (kind, fault) => {
      expect(() => check(kind, BAD[kind][fault] ?? new Uint8Array(0))).toThrow(refused)
    },
  )

  it('refuses to sign random bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.uint8Array({ maxLength: 400 }), (kind, bytes) => {
        expect(() => check(kind, bytes)).toThrow(refused)
      }),
    )
  })

  it('refuses statements with a flipped byte with one and the same code', () => {
    const flips = fc.record({
      kind: fc.constantFrom(...KINDS),
      at: fc.nat(),
      flip: fc.integer({ min: 1, max: 255 }),
    })
    fc.assert(
      fc.property(flips, ({ kind, at, flip }) => {
        const bytes = Uint8Array.from(GOOD[kind])
        const place = at % bytes.length
        bytes[place] = (bytes[place] ?? 0) ^ flip
        try {
          check(kind, bytes)
        } catch (error) {
          expect(error).toMatchObject({ code: 'hsm.request-refused' })
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('what the agent is told when it opens the token', () => {
  const life = (days: number): Uint8Array =>
    tbsCertificate({ notBefore: Date.now(), notAfter: Date.now() + days * DAY_MS })
  const checkWith = (bytes: Uint8Array, told: Parameters<typeof limitsOf>[0]): void =>
    checkStatement('device-certificate', bytes, {
      key: keyOf('provider-ca', own),
      keys,
      limits: limitsOf(told),
    })

  it('limits the life of a device certificate to what the agent was told at its start', () => {
    const told = { mode: 'development', longestCertificateDays: 40 } as const
    expect(() => checkWith(life(40), told)).not.toThrow()
    expect(() => checkWith(life(41), told)).toThrow(refused)
  })

  it('limits the life of a device certificate to the longest of any policy when the agent is told nothing', () => {
    expect(() => checkWith(life(455), { mode: 'development' })).not.toThrow()
    expect(() => checkWith(life(456), { mode: 'development' })).toThrow(refused)
  })

  it('signs no certificate in production that begins in the future', () => {
    const later = tbsCertificate({
      notBefore: Date.now() + 3 * DAY_MS,
      notAfter: Date.now() + 30 * DAY_MS,
    })
    expect(() => checkWith(later, { mode: 'production' })).toThrow(refused)
    expect(() => checkWith(life(30), { mode: 'production' })).not.toThrow()
  })
})
