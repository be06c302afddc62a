import './come-between.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../packages/server/test/test-database.ts'
import { runCampaign } from './campaign.ts'
import { playForgetfulRotation } from './forgetful-rotation.ts'
import { prepareKeys } from './rsa-keys.ts'
import { Site } from './site.ts'

/** A short campaign; `./sanad power-cuts` is the long one, docs/power-cuts.md has its figures. */

/** Two lives of each form. */
const ROUNDS = 54

let database: TestDatabase
let site: Site
beforeAll(async () => {
  await prepareKeys(ROUNDS * 3)
  database = await startTestDatabase()
  site = await Site.open(database.connection)
})
afterAll(async () => {
  await site[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe('A power cut of client or server', () => {
  it(
    'leaves one usable key, no certificate unknown to the server, and no number used twice after any power cut',
    { timeout: 240_000 },
    async () => {
      const report = await runCampaign(site, { rounds: ROUNDS })
      expect(report.violations).toEqual([])
      // The first of each kind shows the way; of the others most are cut, and some twice.
      expect(report.cuts).toBeGreaterThan(ROUNDS * 0.6)
      expect(report.states).toBeGreaterThan(ROUNDS * 0.3)
      expect(Object.keys(report.byKind).length).toBeGreaterThanOrEqual(4)
    },
  )
})

describe('On a disk that forgets what it was told to flush', () => {
  it('detects a rotation that ends with a wrong key on a disk that forgets what it flushed', async () => {
    const broken = await playForgetfulRotation(site, 'L0 PEM')
    expect(broken.length).toBeGreaterThan(0)
  })
})
