import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import {
  FACE_MODEL,
  type TestModels,
  approveTestDevice,
  drawSerialNo,
  makeTestModels,
} from '../../test/test-devices.ts'
import { readTimeline } from '../record/event-reader.ts'
import {
  consumeEnrolmentSecret,
  findDevicesOfChips,
  isEnrolmentSecretRight,
  markRegistered,
} from '../devices/approved-device.ts'
import { findApprovedDevices } from './approved-devices.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { readDevice } from '../fleet/device-view.ts'
import { FtmProviderRegistry } from '../models/ftm-provider-registry.ts'

let db: TestDatabase
let models: TestModels
beforeAll(async () => {
  db = await startTestDatabase()
  models = await makeTestModels(db)
})
afterAll(() => db[Symbol.asyncDispose]())

const inTransaction: TestDatabase['database']['transaction'] = () => db.database.transaction()

const registration = (ftmCertificateSha256?: string) => ({
  level: 'L1' as const,
  proof: 'ftm' as const,
  certificateSerial: randomBytes(16).toString('hex'),
  spkiSha256: randomBytes(32).toString('hex'),
  ...(ftmCertificateSha256 !== undefined && { ftmCertificateSha256 }),
})

describe('an approved device', () => {
  it('is found by make, model and serial number, with what vouches for it', async () => {
    const serialNo = drawSerialNo()
    const deviceId = await approveTestDevice(db, models.slap.modelId, serialNo)
    const [found] = await inTransaction().execute((tx) =>
      findApprovedDevices(tx, [{ make: 'Example', model: 'Slap 442', serialNo }]),
    )
    expect(found).toMatchObject({
      deviceId,
      state: 'approved',
      identity: { type: 'Finger', deviceSubType: 'Slap', deviceProviderId: 'EXAMPLE' },
      model: { level: 'L1', state: 'approved' },
    })
    expect(Buffer.from(found?.ftmAnchor ?? [])).toEqual(models.factory.root.certificate.raw)
  })

  it('is not another make’s device of the same serial number', async () => {
    const serialNo = drawSerialNo()
    await approveTestDevice(db, models.slap.modelId, serialNo)
    const [found] = await inTransaction().execute((tx) =>
      findApprovedDevices(tx, [{ make: 'example', model: 'Slap 442', serialNo }]),
    )
    expect(found).toBeUndefined()
  })

  it('makes a second claim wait until the first is decided', async () => {
    const serialNo = drawSerialNo()
    await approveTestDevice(db, models.slap.modelId, serialNo)
    const identity = { make: 'Example', model: 'Slap 442', serialNo }
    const states: string[] = []
    const claim = () =>
      inTransaction().execute(async (tx) => {
        const [device] = await findApprovedDevices(tx, [identity])
        states.push(device?.state ?? 'none')
        await wait(20)
        if (device?.state === 'approved') await markRegistered(tx, device.deviceId, registration())
      })
    await Promise.all([claim(), claim()])
    expect(states).toEqual(['approved', 'registered'])
  })
})

describe('registering', () => {
  it('changes the state, pins the chip and writes one event', async () => {
    const deviceId = await approveTestDevice(db, models.slap.modelId)
    const chip = randomBytes(32).toString('hex')
    await inTransaction().execute((tx) => markRegistered(tx, deviceId, registration(chip)))
    const device = await readDevice(db.database, deviceId)
    expect(device).toMatchObject({ state: 'registered', ftmCertificateSha256: chip })
    const found = await inTransaction().execute((tx) => findDevicesOfChips(tx, [chip]))
    expect([...found]).toEqual([[chip, deviceId]])
    const { items } = await readTimeline(db.database, deviceId, { limit: 1 })
    expect(items[0]?.event).toMatchObject({
      type: 'device.registered',
      actor: `device:${deviceId}`,
    })
  })

  it('is refused a second time, and changes nothing', async () => {
    const deviceId = await approveTestDevice(db, models.slap.modelId)
    const register = () =>
      inTransaction().execute((tx) => markRegistered(tx, deviceId, registration()))
    await register()
    const before = await readDevice(db.database, deviceId)
    await expect(register()).rejects.toMatchObject({ code: 'device.transition-refused' })
    expect(await readDevice(db.database, deviceId)).toEqual(before)
  })

  it('has no trust anchor once the FTM provider is retired', async () => {
    await using other = await startTestDatabase()
    const { ftmProviderId, slap } = await makeTestModels(other)
    const serialNo = drawSerialNo()
    await approveTestDevice(other, slap.modelId, serialNo)
    await new FtmProviderRegistry(other.database, Date.now).retire(
      ftmProviderId,
      'policy',
      'command-line',
    )
    const [found] = await other.database
      .transaction()
      .execute((tx) =>
        findApprovedDevices(tx, [{ make: FACE_MODEL.make, model: 'Slap 442', serialNo }]),
      )
    expect(found).toBeDefined()
    expect(found?.ftmAnchor).toBeUndefined()
  })
})

describe('an enrolment secret', () => {
  const SECRET = 'ABCDE-FGHJK-LMNPQ'

  async function deviceWithSecret(): Promise<string> {
    return makeDeviceRegistry(db.database).approve(
      {
        modelId: models.face.modelId,
        serialNo: drawSerialNo(),
        enrolmentSecretSha256: createHash('sha256').update(SECRET).digest('hex'),
      },
      'command-line',
    )
  }

  const isRight = (deviceId: string, secret: string) =>
    inTransaction().execute((tx) => isEnrolmentSecretRight(tx, deviceId, secret))

  it('is right once: spent with the registration that it vouched for', async () => {
    const deviceId = await deviceWithSecret()
    expect(await isRight(deviceId, 'another')).toBe(false)
    expect(await isRight(deviceId, SECRET)).toBe(true)
    await inTransaction().execute((tx) => consumeEnrolmentSecret(tx, deviceId))
    expect(await isRight(deviceId, SECRET)).toBe(false)
    const again = inTransaction().execute((tx) => consumeEnrolmentSecret(tx, deviceId))
    await expect(again).rejects.toMatchObject({ code: 'registration.enrolment-secret-wrong' })
  })

  it('is not spent when the registration fails', async () => {
    const deviceId = await deviceWithSecret()
    const failing = inTransaction().execute(async (tx) => {
      await consumeEnrolmentSecret(tx, deviceId)
      throw new Error('the HSM is away')
    })
    await expect(failing).rejects.toThrow('the HSM is away')
    expect(await isRight(deviceId, SECRET)).toBe(true)
  })

  it('is never right for a device that has none', async () => {
    const deviceId = await approveTestDevice(db, models.face.modelId)
    expect(await isRight(deviceId, '')).toBe(false)
  })
})

describe('the repository', () => {
  it('never changes the identity of a device, and never forgets one', async () => {
    const deviceId = await approveTestDevice(db, models.slap.modelId)
    for (const statement of [
      `update device set serial_no = 'X' where device_id = $1`,
      'delete from device where device_id = $1',
    ]) {
      await expect(db.pool.query(statement, [deviceId])).rejects.toMatchObject({ code: '23001' })
    }
    expect((await readDevice(db.database, deviceId)).state).toBe('approved')
  })
})
