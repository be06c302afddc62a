import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DigitalIdJudge, digestProof } from '../src/messages/digital-id-proof.ts'
import { type DeviceMakers, addDeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { type TestServer, startTestServer } from './test-server.ts'

let server: TestServer
let make: DeviceMakers
beforeAll(async () => {
  server = await startTestServer()
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

async function registerDevice(): Promise<DeviceUnderTest> {
  const device = await make.L1()
  await device.register()
  return device
}

const change = (sql: string, ...values: unknown[]) => server.db.pool.query(sql, values)

async function proofOf({ deviceId }: DeviceUnderTest): Promise<string | undefined> {
  const { rows } = await server.db.pool.query<{ proof: Buffer | null }>(
    'select digital_id_proof as proof from device_presence where device_id = $1',
    [deviceId],
  )
  return rows[0]?.proof?.toString('hex')
}

const checkInWith = async (device: DeviceUnderTest, signedDigitalId: string) =>
  server.door.post((await device.makeCheckIn({}, { signedDigitalId })).text)

/** Refused, and nothing of the device is another than before. */
async function expectRefused(device: DeviceUnderTest, signedDigitalId: string): Promise<void> {
  const before = [await server.recordOf(device.deviceId), await proofOf(device)]
  expect((await checkInWith(device, signedDigitalId)).status).toBe(401)
  expect([await server.recordOf(device.deviceId), await proofOf(device)]).toEqual(before)
  const reasons = (await server.timelineOf(device.deviceId)).flatMap((event) =>
    event.type === 'device.message-refused' ? [event.data.code] : [],
  )
  expect(reasons).toContain('message.digital-id-invalid')
}

describe('a digital ID that was proven', () => {
  it('stores a digital ID’s proof at check-in and reuses it until the SBI makes another', async () => {
    const device = await registerDevice()
    const first = await device.signDigitalId()
    expect((await checkInWith(device, first)).status).toBe(200)
    const proof = await proofOf(device)
    expect(proof).toMatch(/^[0-9a-f]{64}$/)

    expect((await checkInWith(device, first)).status).toBe(200)
    expect(await proofOf(device)).toBe(proof)

    server.advance(60_000)
    expect((await checkInWith(device, await device.signDigitalId())).status).toBe(200)
    expect(await proofOf(device)).not.toBe(proof)
  })

  it.each([
    ['a field', 1],
    ['the signature', 2],
  ])('is judged anew when %s of it is changed', async (_name, part) => {
    const device = await registerDevice()
    const proven = await device.signDigitalId()
    expect((await checkInWith(device, proven)).status).toBe(200)
    const parts = proven.split('.')
    const changed = parts[part]!
    parts[part] = changed.slice(0, 9) + (changed[9] === 'A' ? 'B' : 'A') + changed.slice(10)
    await expectRefused(device, parts.join('.'))
  })

  it('accepts a stored digital ID proof for its own device only', async () => {
    const [one, other] = [await registerDevice(), await registerDevice()]
    const proven = await one.signDigitalId()
    expect((await checkInWith(one, proven)).status).toBe(200)
    await change(
      `update device_presence set digital_id_proof =
        (select digital_id_proof from device_presence where device_id = $1) where device_id = $2`,
      one.deviceId,
      other.deviceId,
    )
    await expectRefused(other, proven)
  })

  it('verifies a digital ID again after another chip was recorded', async () => {
    const device = await registerDevice()
    const proven = await device.signDigitalId()
    expect((await checkInWith(device, proven)).status).toBe(200)
    await change(
      'update device set ftm_certificate_sha256 = $1 where device_id = $2',
      randomBytes(32),
      device.deviceId,
    )
    await expectRefused(device, proven)
  })
})

describe('a proof', () => {
  const judge: DigitalIdJudge = {
    level: 'L1',
    thumbprint: 'device key',
    ftmCertificateSha256: Buffer.alloc(32, 1),
    make: 'Example',
    model: 'Slap 1',
    serialNo: 'S1',
  }
  const same = digestProof('a.b.c', judge)

  it.each<[string, Partial<DigitalIdJudge>]>([
    ['level', { level: 'L0' }],
    ['chip', { ftmCertificateSha256: Buffer.alloc(32, 2) }],
    ['no chip', { ftmCertificateSha256: null }],
    ['make', { make: 'Other' }],
    ['model', { model: 'Slap 2' }],
    ['serial number', { serialNo: 'S2' }],
    ['border between fields', { make: 'Example","Slap', model: '1' }],
  ])('is another under another %s', (_name, other) => {
    expect(digestProof('a.b.c', { ...judge, ...other })).not.toEqual(same)
  })

  it('differs for each text of a digital ID', () => {
    expect(digestProof('a.b.d', judge)).not.toEqual(same)
  })

  it('ends an L0 proof with its key and an L1 proof with its chip', () => {
    const renewed = { thumbprint: 'next device key' }
    const l0 = { ...judge, level: 'L0' } as const
    expect(digestProof('a.b.c', { ...l0, ...renewed })).not.toEqual(digestProof('a.b.c', l0))
    expect(digestProof('a.b.c', { ...judge, ...renewed })).toEqual(same)
  })
})
