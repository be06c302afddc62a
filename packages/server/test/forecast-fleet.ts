import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { constantFrom, integer, option, record } from 'fast-check'
import { afterAll, beforeAll } from 'vitest'
import { Forecaster } from '../src/foresight/forecaster.ts'
import { startTestDatabase, type TestDatabase } from './test-database.ts'
import { makeTestModels } from './test-devices.ts'
import { TestFleet } from './test-fleet.ts'

/** What the tests of the forecast share: random fleets, and a count by hand. */

export const NOW = Date.parse('2026-03-28T13:37:00.000Z')

export let db: TestDatabase
export let fleet: TestFleet
export let forecaster: Forecaster
export let models: readonly string[]
let groups: readonly (string | null)[]
export let providers: readonly { id: string; country: string; until: number }[]
export let policies: readonly string[]
export const time = { now: NOW }

beforeAll(async () => {
  db = await startTestDatabase()
  fleet = new TestFleet(db)
  forecaster = new Forecaster({ database: db.database, clock: () => time.now })
  const { face, slap } = await makeTestModels(db)
  models = [face.modelId, slap.modelId]
  const north = await fleet.addGroup('North')
  groups = [null, north, await fleet.addGroup('South')]
  const until = [NOW + 300 * DAY_MS, NOW + 12 * DAY_MS + 5 * HOUR_MS]
  providers = [
    { id: await fleet.addProvider('MA', until[0] ?? 0), country: 'MA', until: until[0] ?? 0 },
    { id: await fleet.addProvider('PH', until[1] ?? 0), country: 'PH', until: until[1] ?? 0 },
  ]
  policies = [
    await fleet.addFleetPolicy(),
    await fleet.addPolicy('Slaps'),
    await fleet.addPolicy('North'),
  ]
  await fleet.assignPolicy(policies[1] ?? '', 'model', slap.modelId)
  await fleet.assignPolicy(policies[2] ?? '', 'group', north)
  await fleet.addPolicy('Of nobody')
})
afterAll(() => db[Symbol.asyncDispose]())

// ── A small fleet, and its forecast counted device by device ───────────────────────────────────────

export interface Device {
  readonly model: number
  readonly group: number
  readonly provider: number
  readonly age: number
  readonly life: number
  readonly silence: number | null
  readonly certificate: 'active' | 'expired' | 'revoked' | 'none'
  readonly isSuspended: boolean
  /** The policy of this device alone. */
  readonly own: number | null
}

export interface Rule {
  readonly settings: PolicySettings
  readonly since: number
}

const minutes = (days: number) => integer({ min: 0, max: days * 24 * 60 }).map((n) => n * 60_000)

export const someDevice = record<Device>({
  model: constantFrom(0, 1),
  group: constantFrom(0, 1, 2),
  provider: constantFrom(0, 0, 1),
  age: minutes(45),
  life: constantFrom(40 * DAY_MS - 500, 40 * DAY_MS, 9 * DAY_MS, 20 * DAY_MS + 1000),
  silence: option(minutes(4)),
  certificate: constantFrom('active', 'active', 'active', 'expired', 'revoked', 'none'),
  isSuspended: constantFrom(false, false, false, true),
  own: option(constantFrom(0, 2), { freq: 6 }),
})

export const someSettings = record({
  rotationDays: integer({ min: 1, max: 45 }),
  overlapDays: integer({ min: 1, max: 20 }),
  checkInSeconds: constantFrom(5, 1800, 1801, 3600, 10_800, 43_200, 43_201, 86_400),
}).map((some): PolicySettings => ({ ...DEFAULT_POLICY_SETTINGS, ...some }))

export const someRule = record<Rule>({
  settings: someSettings,
  since: minutes(40).map((ago) => NOW - ago),
})

export async function build(devices: readonly Device[], rules: readonly Rule[]): Promise<void> {
  await fleet.clear()
  for (const [index, { settings, since }] of rules.entries())
    await fleet.setPolicy(policies[index] ?? '', settings, since)
  for (const device of devices) await buildDevice(device)
}

async function buildDevice(device: Device): Promise<void> {
  const issuedAt = NOW - device.age
  const provider = providers[device.provider]
  const deviceId = await fleet.addDevice({
    modelId: models[device.model] ?? '',
    groupId: groups[device.group] ?? null,
    state: device.isSuspended ? 'suspended' : 'registered',
    registeredAt: issuedAt,
    lastCheckInAt: device.silence === null ? null : NOW - device.silence,
  })
  if (device.own !== null) await fleet.assignPolicy(policies[device.own] ?? '', 'device', deviceId)
  if (device.certificate === 'none' || provider === undefined) return
  const notAfter = Math.min(issuedAt + device.life, provider.until)
  const { certificate: status } = device
  await fleet.addCertificate({ deviceId, providerId: provider.id, issuedAt, notAfter, status })
}

/** The certificate of a device that is marked expired has ended by its dates, too: no other is generated. */
export const isPossible = ({ certificate, age, life, provider }: Device): boolean =>
  certificate !== 'expired' || Math.min(NOW - age + life, providers[provider]?.until ?? 0) <= NOW
