import { describe, expect, it } from 'vitest'
import { type CampaignPhase, requirePhases, sizeOfPhase } from './campaign-phases.ts'

describe('the phases of a campaign', () => {
  it('take numbers and shares in turn, and tell all at last', () => {
    const phases: readonly CampaignPhase[] = [{ devices: 10 }, { percent: 5 }, { percent: 50 }, {}]
    expect(() => requirePhases(phases)).not.toThrow()
    expect(phases.map((_phase, index) => sizeOfPhase(phases, index, 1001))).toEqual([
      10,
      51,
      501,
      Infinity,
    ])
  })

  it('do not shrink where a share of few devices is less than the number before it', () => {
    const phases: readonly CampaignPhase[] = [{ devices: 10 }, { percent: 5 }, {}]
    expect(sizeOfPhase(phases, 1, 40)).toBe(10)
  })

  it.each<[string, readonly CampaignPhase[]]>([
    ['a last phase with a size', [{ devices: 10 }, { percent: 50 }]],
    ['an earlier phase without a size', [{}, {}]],
    ['a phase with two sizes', [{ devices: 1, percent: 1 }, {}]],
    ['numbers that do not grow', [{ devices: 10 }, { devices: 10 }, {}]],
    [
      'shares that do not grow, with a number between them',
      [{ percent: 5 }, { devices: 10 }, { percent: 5 }, {}],
    ],
  ])('refuse %s', (_name, phases) => {
    expect(() => requirePhases(phases)).toThrow(
      expect.objectContaining({ code: 'request.malformed' }),
    )
  })
})
