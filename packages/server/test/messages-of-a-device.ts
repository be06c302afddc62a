import { afterAll, beforeAll, expect } from 'vitest'
import { addDeviceMakers, type DeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import type { HttpReply } from './test-door.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** What the tests of authenticity share: a whole server, and a registered device. */

export let server: TestServer
let makers: DeviceMakers
export let device: DeviceUnderTest
beforeAll(async () => {
  server = await startTestServer()
  makers = await addDeviceMakers(server)
  device = await makeL1()
})
afterAll(() => server[Symbol.asyncDispose]())

async function register(making: Promise<DeviceUnderTest>): Promise<DeviceUnderTest> {
  const made = await making
  await made.register()
  return made
}
export const makeL1 = () => register(makers.L1())
export const makeL0 = () => register(makers.L0())

const withoutRequestId = (text: string): string => text.replace(/[0-9a-f-]{36}/, '')
let face: string | undefined

/** The same bytes every time, apart from the number of the request. */
export function expectOneFace(reply: HttpReply): void {
  expect(reply.status).toBe(401)
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  face ??= withoutRequestId(reply.text)
  expect(withoutRequestId(reply.text)).toBe(face)
}
