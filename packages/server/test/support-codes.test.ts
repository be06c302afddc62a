import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listDevices } from '../src/fleet/device-list.ts'
import { readSupportCode, supportCodeOf } from '../src/messages/support-code.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { type TestServer, startTestServer } from './test-server.ts'

/** What a technician reads out is found by whoever answers the telephone. */

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const find = async (search: string): Promise<readonly string[]> => {
  const { items } = await listDevices(server.db.database, { search }, Date.now())
  return items.map(({ deviceId }) => deviceId)
}

async function registerDevice(): Promise<DeviceUnderTest> {
  const ftm = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  const device = await DeviceUnderTest.makeL1(server, model, ftm)
  await device.register()
  return device
}

async function refusedCode(device: DeviceUnderTest): Promise<string> {
  const { type, body } = await device.checkIn()
  expect(type).toBe('refusal')
  return (body as { supportCode: string }).supportCode
}

describe.each(['suspend', 'deregister', 'block'] as const)(
  'the code that a device shows after %s',
  (act) => {
    it('keeps a device’s support code, and finds it as typed or as heard', async () => {
      const device = await registerDevice()
      await server.act(device.deviceId, act)
      const code = await refusedCode(device)
      expect(await refusedCode(device)).toBe(code)
      for (const typed of [code, code.toLowerCase(), code.replace('-', '')])
        expect(await find(typed)).toEqual([device.deviceId])
    })
  },
)

it('finds a device by its support code after it was resumed', async () => {
  const device = await registerDevice()
  await server.act(device.deviceId, 'suspend')
  const code = await refusedCode(device)
  await server.act(device.deviceId, 'resume')
  expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  expect(await find(code)).toEqual([device.deviceId])
})

it('is the same number in the database and here, for any id', async () => {
  const { rows } = await server.db.pool.query<{ id: string; number: string }>(
    'select id, device_support_number(id) as number from (select gen_random_uuid() as id from generate_series(1, 500)) ids',
  )
  for (const { id, number } of rows)
    expect(readSupportCode(supportCodeOf(id))?.number).toBe(String(number))
})
