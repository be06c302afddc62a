import { generateKeyPairSync } from 'node:crypto'
import type { CheckName } from '@sanad/protocol/operator-api/checks'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { runChecks } from '../src/findings/audit.ts'
import { ALL_CHECKS } from '../src/findings/checks.ts'
import { listFindings } from '../src/findings/finding-list.ts'
import type { HsmState } from '../src/hsm/hsm.ts'
import { startTestDatabase, type TestDatabase } from './test-database.ts'
import { makeTestModels } from './test-devices.ts'
import { type FleetCertificate, TestFleet } from './test-fleet.ts'
import { makeAuthority } from './throwaway-provider.ts'

/** What the tests of the audit share: a fleet, and what the audit finds in it. */

export let db: TestDatabase
export let fleet: TestFleet
let modelId: string
export let policyId: string
export let providerId: string
export let der: Uint8Array
/** What a test changes. */
export const world: { now: number; hsm: HsmState } = { now: 0, hsm: 'ready' }

beforeAll(async () => {
  db = await startTestDatabase()
  fleet = new TestFleet(db)
  modelId = (await makeTestModels(db)).slap.modelId
  policyId = await fleet.addFleetPolicy()
  await fleet.ignoreChipRevocation()
  der = certificateOf(2048)
})
afterAll(() => db[Symbol.asyncDispose]())

beforeEach(async () => {
  await fleet.clear()
  await db.pool.query('truncate finding, finding_check; truncate provider_certificate cascade')
  world.now = Date.now()
  world.hsm = 'ready'
  await fleet.setPolicy(policyId, DEFAULT_POLICY_SETTINGS, world.now - 60 * DAY_MS)
  providerId = await fleet.addProvider('MA', world.now + 300 * DAY_MS)
  await soundDevice()
})

export const certificateOf = (modulusLength: number): Uint8Array =>
  makeAuthority({
    name: { organisation: 'Example Devices', commonName: 'device' },
    keys: generateKeyPairSync('rsa', { modulusLength }),
  }).certificate.der

/** A registered device that checks in, ten days after its key was certified. */
export async function addDevice(
  device: { state?: string; silent?: number } = {},
  certificate: Partial<FleetCertificate> & { age?: number; left?: number } = {},
): Promise<{ deviceId: string; serial: string }> {
  const { age = 10 * DAY_MS, left = 40 * DAY_MS - age, ...rest } = certificate
  const deviceId = await fleet.addDevice({
    modelId,
    state: device.state ?? 'registered',
    registeredAt: world.now - age,
    lastCheckInAt: world.now - (device.silent ?? HOUR_MS),
  })
  const serial = await fleet.addCertificate({
    deviceId,
    providerId,
    issuedAt: world.now - age,
    notAfter: world.now + left,
    der,
    ...rest,
  })
  return { deviceId, serial }
}

const soundDevice = () => addDevice()

export async function audit(): Promise<void> {
  const hsm = {
    health: () => ({ state: world.hsm, since: world.now, queued: 0, sessions: 1, restarts: 0 }),
  }
  await runChecks({ database: db.database, hsm, clock: () => world.now }, ALL_CHECKS)
}

/** Every open finding: its check, and of which device or what it is. */
export async function openFindings(): Promise<string[]> {
  const { items } = await listFindings(db.database, { limit: 200 }, new Date(world.now))
  return items
    .map(({ check, device, subject }) => `${check}: ${device?.deviceId ?? subject ?? ''}`)
    .toSorted()
}

export async function expectOnly(...expected: readonly `${CheckName}: ${string}`[]): Promise<void> {
  await audit()
  expect(await openFindings()).toEqual(expected.toSorted())
}

export async function expectResolved(): Promise<void> {
  await audit()
  expect(await openFindings()).toEqual([])
  const { rows } = await db.pool.query('select from finding where resolved_at is null')
  expect(rows).toEqual([])
}

export const query = (text: string, ...values: unknown[]) => db.pool.query(text, values)
