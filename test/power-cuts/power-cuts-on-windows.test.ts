import './come-between.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../packages/server/test/test-database.ts'
import { writeAsOnWindows } from './as-on-windows.ts'
import { runCampaign } from './campaign.ts'
import { playForgetfulRotation } from './forgetful-rotation.ts'
import { prepareKeys } from './rsa-keys.ts'
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

  it('detects a rotation that ends with a wrong key on a disk that does not flush files either', async () => {
    const broken = await playForgetfulRotation(site, 'L0 PKCS#12')
    expect(broken.length).toBeGreaterThan(0)
  })
})
