import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  build,
  fleet,
  forecaster,
  isPossible,
  policies,
  someDevice,
  someRule,
  someSettings,
} from '../../test/forecast-fleet.ts'

describe('POST /forecast/what-if', () => {
  it('answers what-if exactly as the forecast after the change', async () => {
    await assert(
      asyncProperty(
        array(someDevice, { maxLength: 14 }),
        someRule,
        someRule,
        someRule,
        constantFrom(0, 1, 2),
        someSettings,
        async (some, first, second, third, index, settings) => {
          const devices = some.filter(isPossible)
          await build(devices, [first, second, third])
          await forecaster.refresh()
          const policyId = policies[index] ?? ''
          const before = await forecaster.read({})
          const foreseen = await forecaster.askWhatIf({ policyId, settings }, {})
          expect(await forecaster.read({})).toEqual(before)
          await fleet.setPolicy(policyId, settings, Date.now())
          expect(await forecaster.read({})).toEqual(foreseen)
          await forecaster.refresh()
          expect(await forecaster.read({})).toEqual(foreseen)
        },
      ),
      { numRuns: 15 },
    )
  }, 120_000)

  it('refuses what-if for an unknown policy', async () => {
    const policyId = '00000000-0000-4000-8000-00000000000f'
    await expect(
      forecaster.askWhatIf({ policyId, settings: DEFAULT_POLICY_SETTINGS }, {}),
    ).rejects.toMatchObject({ code: 'policy.not-found' })
  })
})
