import './come-between.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../packages/server/test/test-database.ts'
import { writeAsOnWindows } from './as-on-windows.ts'
import { runCampaign } from './campaign.ts'
import { CutDevice } from './cut-device.ts'
import { playRound } from './round.ts'
import { prepareKeys } from './rsa-keys.ts'
import { SCENARIOS } from './scenarios.ts'
import { Site } from './site.ts'

/** A short campaign; `./sanad power-cuts --windows` is the long one, docs/power-cuts.md has its figures. */

/** One life of each form. */
const ROUNDS = 27

let database: TestDatabase
let site: Site
beforeAll(async () => {
  writeAsOnWindows()
  await prepareKeys(ROUNDS * 3)
  database = await startTestDatabase()
  site = await Site.open(database.connection)
})
afterAll(async () => {
  await site[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe('A power cut where no folder can be flushed, as on Windows', () => {
  it(
    'leaves exactly one usable key, no certificate that the server does not know, and no number used twice',
    { timeout: 240_000 },
    async () => {
      const report = await runCampaign(site, { rounds: ROUNDS })
      expect(report.violations).toEqual([])
      expect(report.cuts).toBeGreaterThan(ROUNDS * 0.4)
      expect(report.states).toBeGreaterThan(ROUNDS * 0.2)
    },
  )

  it('is seen by the campaign when the disk does not flush files either', async () => {
    await using device = await CutDevice.make(site, 'L0 PKCS#12')
    await playRound(site, device, { scenario: SCENARIOS.registration, again: false })
    const way = await playRound(site, device, { scenario: SCENARIOS.rotation, again: false })
    expect(way.broken).toEqual([])
    const client = { at: way.steps.length, state: 1, inFlight: false }
    const plan = { scenario: SCENARIOS.rotation, again: false, isForgetful: true, client }
    const broken = await playRound(site, device, plan).then(
      (round) => round.broken,
      (error: unknown) => [String(error)],
    )
    expect(broken.length).toBeGreaterThan(0)
  })
})
