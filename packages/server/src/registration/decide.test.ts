import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import { describe, expect, it } from 'vitest'
import { FIRST_CLAIMS } from '../../test/first-claim-cases.ts'
import { type Change, device, genuineL1, IDENTITY, knownL1 } from '../../test/genuine-claims.ts'
import { RECOVERIES } from '../../test/recovery-cases.ts'
import { decide } from './decide.ts'
import type { Evidence, Registry } from './facts.ts'
import { RULES } from './rules.ts'

const CASES = [...FIRST_CLAIMS, ...RECOVERIES]

describe('the decision on genuineness', () => {
  it.each(CASES)('$promise', ({ evidence, registry, decision }) => {
    expect(decide(evidence, registry)).toMatchObject(decision)
  })

  it('has a case for every rule', () => {
    const shown = new Set(CASES.map(({ decision }) => decision.rule))
    expect(RULES.filter(({ id }) => !shown.has(id))).toEqual([])
  })

  it('registers only approved devices, whatever the evidence', () => {
    for (const state of DEVICE_STATES) {
      const registry = { ...knownL1, ...device({ state }) }
      expect(decide(genuineL1, registry).verdict === 'register').toBe(state === 'approved')
    }
  })

  it('recovers only registered devices, and only within the grace period', () => {
    for (const state of DEVICE_STATES)
      for (const recovery of [
        'not-asked',
        'of-another',
        'not-expired',
        'within-grace',
        'past-grace',
      ] as const)
        for (const recoveryPolicy of ['ftm-proof', 'operator-approval', 'refused'] as const) {
          const given = { state, approved: IDENTITY, ftmCertificateSha256: 'c1' }
          const registry = { ...knownL1, device: given, recovery, recoveryPolicy }
          const isRight =
            state === 'registered' && recovery === 'within-grace' && recoveryPolicy === 'ftm-proof'
          expect(decide(genuineL1, registry).verdict === 'recover').toBe(isRight)
        }
  })

  it('never registers a device with any one piece of bad evidence', () => {
    const spoilt: Change<Evidence>[] = [
      { claimedLevel: 'L0' },
      { signer: { kind: 'device-key', signedDigitalId: true } },
      { signer: { kind: 'ftm-chip', signedDigitalId: false } },
      { ftmPath: 'signature-invalid' },
      { ftmRevocation: 'revoked' },
      { challenge: 'unknown' },
      { challenge: 'expired' },
      { possession: 'not-proven' },
      { key: 'weak' },
    ]
    const registries: Change<Registry>[] = [
      {},
      { keyUse: 'this-registration' },
      { approval: 'granted' },
      device({ state: 'registered' }),
      { ...device({ state: 'registered', ftmCertificateSha256: 'c1' }), recovery: 'within-grace' },
    ]
    for (const change of spoilt) {
      for (const registry of registries) {
        expect(['refuse', 'quarantine']).toContain(
          decide({ ...genuineL1, ...change }, { ...knownL1, ...registry }).verdict,
        )
      }
    }
  })
})
