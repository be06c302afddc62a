import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceCertificateIssuer } from '../src/certificates/device-certificate-issuer.ts'
import { Interrupted, LosingSignatures, NeverSigning } from './crashes.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import type { Door, HttpReply } from './test-door.ts'
import {
  type IssuerParts,
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'

/** PN §6, 12: the HSM, or the power, goes away at the worst moment. A device is registered whole, or not yet. */

let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
beforeAll(async () => {
  const limits = { callMs: 2500, deadlineMs: 3000, faults: 1, backoffMs: [300, 600] as const }
  server = await startTestServer({ hsm: { limits } })
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => untilHsmIs('ready'))

const makeL1 = () => DeviceUnderTest.makeL1(server, l1, ftm)

async function untilHsmIs(state: string): Promise<void> {
  for (let i = 0; server.trust.hsm.health().state !== state; i++) {
    if (i > 400) throw new Error(`the HSM is ${server.trust.hsm.health().state}`)
    await wait(25)
  }
}

function signalAgent(signal: NodeJS.Signals): void {
  const pid = server.trust.hsm.agentPid
  if (pid === undefined) throw new Error('no agent')
  process.kill(pid, signal)
}

function expectUnavailable(reply: HttpReply): void {
  expect(reply.status).toBe(503)
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
  expect(JSON.parse(reply.text)).toMatchObject({ code: 'hsm.unavailable' })
}

/** Not registered, nothing that counts; at most a plan to be taken up again. */
async function expectNothingHalfDone(device: DeviceUnderTest): Promise<void> {
  const record = await server.recordOf(device.deviceId)
  expect(record).toMatchObject({
    device: { state: 'approved' },
    certificates: [],
    presence: undefined,
  })
  expect(record.intents.length).toBeLessThanOrEqual(1)
  const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
  expect(types).toEqual(['device.approved'])
}

async function expectRegisteredOnce(device: DeviceUnderTest): Promise<void> {
  const record = await server.recordOf(device.deviceId)
  expect(record.device.state).toBe('registered')
  expect(record.certificates).toMatchObject([
    { thumbprint: device.thumbprint, spkiSha256: device.spkiSha256, status: 'active' },
  ])
  expect(record.intents).toMatchObject([{ state: 'issued' }])
  const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
  expect(types).toEqual(['device.approved', 'certificate.issued', 'device.registered'])
  expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
}

describe('while the HSM is away', () => {
  it('asks a device to retry while the HSM agent stalls, and then registers it', async () => {
    const device = await makeL1()
    const sent = await device.makeRegistration(await device.fetchChallenge())
    signalAgent('SIGSTOP')

    expectUnavailable(await server.door.post(sent.text))
    await expectNothingHalfDone(device)

    await untilHsmIs('ready')
    device.takeAnswer(await server.door.ask(sent))
    await expectRegisteredOnce(device)
  })

  it('asks a device to retry after the HSM agent died, and then registers it', async () => {
    const device = await makeL1()
    const sent = await device.makeRegistration(await device.fetchChallenge())
    signalAgent('SIGKILL')
    await untilHsmIs('unavailable')

    expectUnavailable(await server.door.post(sent.text))
    await expectNothingHalfDone(device)

    await untilHsmIs('ready')
    device.takeAnswer(await server.door.ask(sent))
    await expectRegisteredOnce(device)
  })

  it('finishes a registration with a second message about the same key', async () => {
    const device = await makeL1()
    const sent = await device.makeRegistration(await device.fetchChallenge())
    signalAgent('SIGSTOP')
    expectUnavailable(await server.door.post(sent.text))
    await untilHsmIs('ready')

    expect(await device.register()).toMatchObject({ outcome: 'registered' })

    await expectRegisteredOnce(device)
  })

  it('accepts check-ins while the HSM is away', async () => {
    const device = await makeL1()
    await device.register()
    signalAgent('SIGKILL')
    await untilHsmIs('unavailable')
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })
})

describe('a crash', () => {
  it('issues the planned certificate after a crash before the signature', async () => {
    const device = await makeL1()
    const crashing = await server.openDoor((parts) => new NeverSigning(parts))
    const sent = await device.makeRegistration(await device.fetchChallenge())
    expectUnavailable(await crashing.post(sent.text))
    await expectNothingHalfDone(device)
    expect((await server.recordOf(device.deviceId)).intents).toMatchObject([{ state: 'planned' }])

    device.takeAnswer(await server.door.ask(sent))
    await expectRegisteredOnce(device)
  })

  it('issues the identical certificate after a crash between signature and record', async () => {
    const device = await makeL1()
    const { door, issuer } = await openDoorWith((parts) => new LosingSignatures(parts))
    const sent = await device.makeRegistration(await device.fetchChallenge())
    expectUnavailable(await door.post(sent.text))
    await expectNothingHalfDone(device)

    server.advance(60_000)
    await device.register()

    expect(issuer.lost).toHaveLength(1)
    expect(device.certificate!.equals(issuer.lost[0]!)).toBe(true)
    await expectRegisteredOnce(device)
  })
})

describe('while the HSM signs', () => {
  it('does not register a device that was blocked while the HSM signed', async () => {
    const device = await makeL1()
    const { door, issuer } = await openDoorWith((parts) => new Interrupted(parts))
    issuer.meanwhile = () => server.act(device.deviceId, 'block')

    const answer = await device.register({}, { door })

    expect(answer).toMatchObject({
      outcome: 'refused',
      sentence: expect.stringContaining('blocked') as string,
    })
    expect(await server.recordOf(device.deviceId)).toMatchObject({
      device: { state: 'blocked' },
      certificates: [],
      presence: undefined,
    })
  })

  it('gives one certificate to two messages about the same key that race during signing', async () => {
    const device = await makeL1()
    const { door, issuer } = await openDoorWith((parts) => new Interrupted(parts))
    let first: Buffer | undefined
    issuer.meanwhile = async () => {
      await device.register()
      first = device.certificate
    }
    const sent = await device.makeRegistration(await device.fetchChallenge())

    device.takeAnswer(await door.ask(sent))

    expect(device.certificate!.equals(first!)).toBe(true)
    await expectRegisteredOnce(device)
  })

  it('quarantines the slower of two keys that one device registers during signing', async () => {
    const device = await makeL1()
    const slow = device.key
    const { door, issuer } = await openDoorWith((parts) => new Interrupted(parts))
    issuer.meanwhile = async () => {
      await device.replaceKey()
      await device.register()
    }
    const sent = await device.makeRegistration(await device.fetchChallenge())

    expect(await door.ask(sent)).toMatchObject({ body: { outcome: 'refused' } })

    expect(device.key).not.toBe(slow)
    expect((await server.recordOf(device.deviceId)).certificates).toMatchObject([
      { thumbprint: device.thumbprint, status: 'active' },
    ])
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })
})

async function openDoorWith<I extends DeviceCertificateIssuer>(
  make: (parts: IssuerParts) => I,
): Promise<{ door: Door; issuer: I }> {
  const made: I[] = []
  const door = await server.openDoor((parts) => {
    const issuer = make(parts)
    made.push(issuer)
    return issuer
  })
  return { door, issuer: made[0]! }
}
