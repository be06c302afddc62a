import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceUnderTest } from './device-under-test.ts'
import { type TestServer, startTestServer } from './test-server.ts'

/** MDS 0.9.5 › Management Server Functionalities and Interactions, 4.1: de-registration is that of the device keys. */

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

async function registerDevice(): Promise<DeviceUnderTest> {
  const ftm = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  const device = await DeviceUnderTest.makeL1(server, model, ftm)
  await device.register()
  return device
}

const certificatesOf = (deviceId: string) =>
  server.db.database
    .selectFrom('device_certificate')
    .select(['status', 'revocation_reason'])
    .where('device_id', '=', deviceId)
    .execute()

describe.each(['deregister', 'block'] as const)('%s', (act) => {
  it('revokes the certificate together with the end of trust, and records both', async () => {
    const device = await registerDevice()
    await server.act(device.deviceId, act)
    expect(await certificatesOf(device.deviceId)).toMatchObject([{ status: 'revoked' }])
    const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
    expect(types).toContain('certificate.revoked')
    expect(types).toContain(act === 'block' ? 'device.blocked' : 'device.deregistered')
  })

  it('tells the device about the end of trust in a signed refusal, so that it destroys its key', async () => {
    const device = await registerDevice()
    await server.act(device.deviceId, act)
    const code = `registration.device-${act === 'block' ? 'blocked' : 'deregistered'}`
    expect(await device.checkIn()).toMatchObject({ type: 'refusal', body: { code } })
  })
})
