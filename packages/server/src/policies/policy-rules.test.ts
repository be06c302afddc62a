import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { describe, expect, it } from 'vitest'
import { requireSignable } from './policy-rules.ts'

describe('a policy whose certificates the HSM agent does not sign', () => {
  const settings = { ...DEFAULT_POLICY_SETTINGS, rotationDays: 50, overlapDays: 11 }

  it('refuses a policy whose certificates the HSM agent does not sign, and names the configured limit', () => {
    expect(() => requireSignable(settings, 60)).toThrow(
      /policy\.settings-refused: rotationDays, overlapDays: hsm\.longestCertificateDays .* 60/,
    )
  })

  it('accepts a policy whose rotation and overlap fit together', () => {
    expect(() => requireSignable(settings, 61)).not.toThrow()
  })
})
