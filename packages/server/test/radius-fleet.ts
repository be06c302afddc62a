import { randomUUID } from 'node:crypto'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { twoPersonOperations } from '../src/compose/two-person/two-person-operations.ts'
import { PolicyForesight } from '../src/foresight/policy-foresight.ts'
import type { ProposedInput } from '../src/operators/proposals/proposal-tables.ts'
import { FtmRevocation } from '../src/revocation/ftm/ftm-revocation.ts'
import { AddressGuard } from '../src/webhooks/address-guard.ts'
import { type TestDatabase, startTestDatabase } from './test-database.ts'
import { type TestModels, makeTestModels } from './test-devices.ts'
import { TestFleet } from './test-fleet.ts'

/** What the tests of blast radii share: a fleet on a real database, and the operations that two people decide. */

export const NOW = Date.parse('2027-03-10T12:00:00Z')
export const clock = () => NOW
/** So few, that a test has more. */
export const MOST_JUDGED = 3

export let db: TestDatabase
export let fleet: TestFleet
export let models: TestModels
export let providerId: string
export let fleetPolicyId: string
let operations: ReturnType<typeof twoPersonOperations>

beforeAll(async () => {
  db = await startTestDatabase()
  fleet = new TestFleet(db)
  models = await makeTestModels(db)
  providerId = await fleet.addProvider('MA', NOW + 300 * DAY_MS)
  fleetPolicyId = await fleet.addFleetPolicy()
  const { database } = db
  const foresight = new PolicyForesight({ database, clock, signingPerSecond: () => 10 })
  operations = twoPersonOperations({
    database,
    clock,
    foresight: {
      countEffects: (policyId, settings) => foresight.countEffects(policyId, settings, MOST_JUDGED),
    },
    revocation: new FtmRevocation({ database, clock, guard: new AddressGuard() }),
  })
})
afterAll(() => db[Symbol.asyncDispose]())
beforeEach(() => fleet.clear())

export const inputOf = (params: object, body: object | null = null): ProposedInput => ({
  params,
  query: {},
  body,
})
export const radiusOf = (operation: ForTwo, input: ProposedInput) =>
  operations[operation].readRadius(input)
export const kindOf = async (operation: ForTwo, input: ProposedInput) =>
  operations[operation].kindOf(input)

export interface Added {
  readonly deviceId: string
  readonly serialNumber: string
  readonly serialNo: string
}

interface AddedAs {
  readonly modelId?: string
  readonly groupId?: string | null
  readonly state?: string
  readonly isConnected?: boolean
  readonly ageDays?: number
}

/** A device with a certificate of forty days. */
export async function add({
  isConnected = false,
  ageDays = 1,
  ...more
}: AddedAs = {}): Promise<Added> {
  const issuedAt = NOW - ageDays * DAY_MS
  const modelId = models.face.modelId
  const deviceId = await fleet.addDevice({ modelId, registeredAt: issuedAt, ...more })
  const serialNumber = await fleet.addCertificate({
    deviceId,
    providerId,
    issuedAt,
    notAfter: issuedAt + 40 * DAY_MS,
  })
  if (isConnected) await connect(deviceId)
  const { rows } = await db.pool.query<{ serial_no: string }>(
    'select serial_no from device where device_id = $1',
    [deviceId],
  )
  return { deviceId, serialNumber, serialNo: rows[0]?.serial_no ?? '' }
}

async function connect(deviceId: string): Promise<void> {
  const processId = randomUUID()
  await db.pool.query('insert into channel_process (process_id) values ($1)', [processId])
  await db.pool.query(
    'insert into channel_device (device_id, process_id, since) values ($1, $2, now())',
    [deviceId, processId],
  )
}
