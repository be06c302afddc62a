import { randomUUID } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import type { ModelView, NewModel } from '@sanad/protocol/operator-api/models'
import { markRegistered } from '../src/devices/approved-device.ts'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import { FtmProviderRegistry } from '../src/models/ftm-provider-registry.ts'
import { ModelRegistry } from '../src/models/model-registry.ts'
import type { TestDatabase } from './test-database.ts'
import { type TestFactory, makeTestFactory } from './test-factory.ts'

export const FACE_MODEL: NewModel = {
  make: 'Example',
  model: 'Face 7',
  deviceType: 'Face',
  deviceSubType: 'Full face',
  deviceProvider: 'Example Devices',
  deviceProviderId: 'EXAMPLE',
  level: 'L0',
  l0Policy: 'operator-approval',
}

export const SLAP_MODEL: Omit<NewModel, 'ftmProviderId'> = {
  make: 'Example',
  model: 'Slap 442',
  deviceType: 'Finger',
  deviceSubType: 'Slap',
  deviceProvider: 'Example Devices',
  deviceProviderId: 'EXAMPLE',
  level: 'L1',
}

export interface TestModels {
  readonly factory: TestFactory
  readonly ftmProviderId: string
  readonly face: ModelView
  readonly slap: ModelView
}

let factory: TestFactory | undefined

/** An FTM provider, an L1 model with its chips, and an L0 model. */
export async function makeTestModels({ database }: TestDatabase): Promise<TestModels> {
  factory ??= makeTestFactory()
  const ftmProvider = await new FtmProviderRegistry(database, Date.now).add(
    { name: 'Chipworks', certificatePem: factory.rootPem },
    'command-line',
  )
  const { ftmProviderId } = ftmProvider
  const models = new ModelRegistry(database, Date.now)
  return {
    factory,
    ftmProviderId,
    face: await models.create(FACE_MODEL, 'command-line'),
    slap: await models.create({ ...SLAP_MODEL, ftmProviderId }, 'command-line'),
  }
}

let lastNumber = 0

export const drawSerialNo = (): string => `EX${String(++lastNumber).padStart(10, '0')}`

export async function approveTestDevice(
  { database }: TestDatabase,
  modelId: string,
  serialNo = drawSerialNo(),
): Promise<string> {
  return makeDeviceRegistry(database).approve(
    { modelId, serialNo, confirmWarnings: true },
    'command-line',
  )
}

/** As it was approved before there was a rule for serial numbers. */
export async function insertOldTestDevice(
  { database }: Pick<TestDatabase, 'database'>,
  modelId: string,
  serialNo: string,
): Promise<string> {
  const deviceId = randomUUID()
  await database
    .insertInto('device')
    .values({
      device_id: deviceId,
      model_id: modelId,
      serial_no: serialNo,
      ftm_certificate_sha256: null,
      enrolment_secret_sha256: null,
    })
    .execute()
  return deviceId
}

export async function registerTestDevice(
  { database }: TestDatabase,
  deviceId: string,
): Promise<void> {
  await database.transaction().execute((tx) =>
    markRegistered(tx, deviceId, {
      level: 'L0',
      proof: 'operator-approval',
      certificateSerial: randomBytes(16).toString('hex'),
      spkiSha256: randomBytes(32).toString('hex'),
    }),
  )
}
