import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { describe, expect, it } from 'vitest'
import { requireSignable } from './policy-rules.ts'

describe('a policy whose certificates the HSM agent does not sign', () => {
  const settings = { ...DEFAULT_POLICY_SETTINGS, rotationDays: 50, overlapDays: 11 }

  it('is refused, and names what the configuration says', () => {
    expect(() => requireSignable(settings, 60)).toThrow(
      /policy\.settings-refused: rotationDays, overlapDays: hsm\.longestCertificateDays .* 60/,
    )
  })

  it('is taken when rotation and overlap fit together', () => {
    expect(() => requireSignable(settings, 61)).not.toThrow()
  })
})
