import type { ProblemCode } from '@sanad/protocol/text/problems'
import { afterAll, beforeAll, expect } from 'vitest'
import { listRefusals } from '../src/registration/refusals.ts'
import { addModels } from './device-makers.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import {
  startTestServer,
  type TestFtmProvider,
  type TestModel,
  type TestServer,
} from './test-server.ts'

/** What the tests of refused registrations share: a whole server, and devices that lie. */

export let server: TestServer
export let ftm: TestFtmProvider
export let l1: TestModel
export let l0: TestModel
beforeAll(async () => {
  server = await startTestServer()
  ;({ ftm, l1, l0 } = await addModels(server))
})
afterAll(() => server[Symbol.asyncDispose]())

export const makeL1 = () => DeviceUnderTest.makeL1(server, l1, ftm)

interface Refused {
  readonly rule: string
  readonly code: ProblemCode
  readonly verdict?: 'refuse' | 'quarantine'
}

/** The claim is refused for this reason and leaves nothing but its own trace. */
export async function expectRefusal(
  device: DeviceUnderTest,
  claim: () => Promise<object>,
  { rule, code, verdict = 'refuse' }: Refused,
): Promise<void> {
  const before = await server.recordOf(device.deviceId)
  const issuedBefore = await server.countIssued()

  const answer = await claim()

  // The technician: a code to read out and a sentence; never which check failed.
  expect(answer).toEqual({
    outcome: 'refused',
    supportCode: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/) as string,
    sentence: expect.stringMatching(
      /^This device .*\.$|^The (registration|enrolment) .*\.$/,
    ) as string,
    retryAfterSeconds: expect.any(Number) as number,
  })
  expect(JSON.stringify(answer)).not.toContain(code)
  expect(await server.recordOf(device.deviceId)).toEqual(before)
  expect(await server.countIssued()).toEqual(issuedBefore)
  // The operator finds it by the technician's code, with the reason.
  const { supportCode } = answer as { supportCode: string }
  const { items } = await listRefusals(server.db.database, { search: supportCode })
  expect(items).toMatchObject([{ rule, code, verdict, attempts: 1 }])
}
