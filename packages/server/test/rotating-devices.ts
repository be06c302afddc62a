import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll } from 'vitest'
import { addDeviceMakers, type DeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** What the tests of rotations share: a whole server, and devices whose keys are due. */

export let server: TestServer
export let make: DeviceMakers
beforeAll(async () => {
  const limits = { callMs: 2500, deadlineMs: 3000, faults: 1, backoffMs: [300, 600] as const }
  server = await startTestServer({ hsm: { limits } })
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

/** Registered 30 days ago: its rotation is due. The clock of these tests never goes back. */
export async function makeDue(level: 'L0' | 'L1' = 'L0'): Promise<DeviceUnderTest> {
  const device = await make[level]()
  await device.register()
  await device.checkIn()
  await makePast(device, 30 * DAY_MS)
  return device
}

/** As if it had been registered earlier: whole days pass for this device alone. */
export async function makePast(device: DeviceUnderTest, by: number): Promise<void> {
  await server.db.pool.query(
    `update device_certificate set issued_at = issued_at - make_interval(secs => $2),
      not_after = not_after - make_interval(secs => $2) where device_id = $1`,
    [device.deviceId, by / 1000],
  )
}

export const statesOf = async (device: DeviceUnderTest) =>
  Object.fromEntries(
    (await server.recordOf(device.deviceId)).certificates.map(({ thumbprint, status }) => [
      thumbprint,
      status,
    ]),
  )

export const eventsOf = async (device: DeviceUnderTest) =>
  (await server.timelineOf(device.deviceId)).map(({ type }) => type)
