import { afterAll, beforeAll, expect } from 'vitest'
import { DeviceUnderTest } from './device-under-test.ts'
import type { HttpReply } from './test-door.ts'
import {
  startTestServer,
  type TestFtmProvider,
  type TestModel,
  type TestServer,
} from './test-server.ts'

/** What the tests of authenticity share: a whole server, and a registered device. */

export let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
export let l0: TestModel
export let device: DeviceUnderTest
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  l0 = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
  device = await makeL1()
})
afterAll(() => server[Symbol.asyncDispose]())

export async function makeL1(): Promise<DeviceUnderTest> {
  const made = await DeviceUnderTest.makeL1(server, l1, ftm)
  await made.register()
  return made
}

const withoutRequestId = (text: string): string => text.replace(/[0-9a-f-]{36}/, '')
let face: string | undefined

/** The same bytes every time, apart from the number of the request. */
export function expectOneFace(reply: HttpReply): void {
  expect(reply.status).toBe(401)
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  face ??= withoutRequestId(reply.text)
  expect(withoutRequestId(reply.text)).toBe(face)
}
