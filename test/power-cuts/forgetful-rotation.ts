import './come-between.ts'
import { expect } from 'vitest'
import { CutDevice } from './cut-device.ts'
import type { Form } from './forms.ts'
import { playRound } from './round.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Site } from './site.ts'

/**
 * A rotation on a disk that says it flushed and did not: after the server has seen the new key, the power goes, and
 * all that was written is lost.
 *
 * @returns the broken promises; without one the campaign would be blind
 */
export async function playForgetfulRotation(site: Site, form: Form): Promise<readonly string[]> {
  await using device = await CutDevice.make(site, form)
  await playRound(site, device, { scenario: SCENARIOS.registration, again: false })
  const way = await playRound(site, device, { scenario: SCENARIOS.rotation, again: false })
  expect(way.broken).toEqual([])
  const client = { at: way.steps.length, state: 1, inFlight: false }
  const plan = { scenario: SCENARIOS.rotation, again: false, isForgetful: true, client }
  return await playRound(site, device, plan).then(
    (round) => round.broken,
    (error: unknown) => [String(error)],
  )
}
