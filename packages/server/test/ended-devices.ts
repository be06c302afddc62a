import type { ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import {
  sealRequest,
  type SentRequest,
  type SignedRequest,
} from '@sanad/protocol/wire/envelope/request'
import { afterAll, beforeAll, expect } from 'vitest'
import { readPurge } from '../src/purge/read-purge.ts'
import { addDeviceMakers, type DeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** What the tests of purges share: a whole server, and devices whose trust ended. */

export let server: TestServer
export let make: DeviceMakers
beforeAll(async () => {
  server = await startTestServer()
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

export async function registerDevice(level: 'L0' | 'L1' = 'L0'): Promise<DeviceUnderTest> {
  const device = await make[level]()
  expect(await device.register()).toMatchObject({ outcome: 'registered' })
  await device.checkIn()
  return device
}

/** Registered, de-registered, and told so. */
export async function endDevice(
  level: 'L0' | 'L1' = 'L0',
  act: 'deregister' | 'block' = 'deregister',
): Promise<DeviceUnderTest> {
  const device = await registerDevice(level)
  await server.act(device.deviceId, act)
  expect(await device.checkIn()).toMatchObject({ type: 'refusal' })
  return device
}

/** Encrypted again, to the key that the server has now. */
export const seal = async (signed: SignedRequest): Promise<SentRequest> =>
  sealRequest(signed, await server.door.readEncryptionKey())

export const deliver = async (signed: SignedRequest): Promise<ReceivedAnswer> =>
  server.door.ask(await seal(signed))

export const purgeOf = ({ deviceId }: DeviceUnderTest) => readPurge(server.db.database, deviceId)

export const purgeEventsOf = async ({ deviceId }: DeviceUnderTest) =>
  (await server.timelineOf(deviceId)).filter(({ type }) => type.startsWith('key.purge'))

/** Signed by nobody: to the outside one face, and inside nothing changed. */
export async function expectNotAuthentic(
  device: DeviceUnderTest,
  signed: SignedRequest,
): Promise<void> {
  const before = [await server.recordOf(device.deviceId), await purgeOf(device)]
  await expect(deliver(signed)).rejects.toThrow('401')
  expect([await server.recordOf(device.deviceId), await purgeOf(device)]).toEqual(before)
}
