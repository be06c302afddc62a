import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRefusals } from '../src/registration/refusals.ts'
import { NeverSigning } from './crashes.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import {
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'

/** PN §6, 4 and 5: two of what should be one. The record of the first stays as it is, and operators are told. */

let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
})
afterAll(() => server[Symbol.asyncDispose]())

async function expectQuarantine(deviceId: string, claim: () => Promise<object>, rule: string) {
  const before = await server.recordOf(deviceId)
  const issued = await server.countIssued()

  const answer = await claim()

  expect(answer).toMatchObject({ outcome: 'refused', retryAfterSeconds: 3600 })
  expect(await server.recordOf(deviceId)).toEqual(before)
  expect(await server.countIssued()).toEqual(issued)
  const { items } = await listRefusals(server.db.database, { deviceId, verdict: 'quarantine' })
  expect(items).toMatchObject([{ rule, verdict: 'quarantine' }])
  const raised = (await server.timelineOf(deviceId)).filter(
    ({ type }) => type === 'device.claim-quarantined',
  )
  expect(raised).toHaveLength(1)
}

describe('a second claim on one serial number', () => {
  it('quarantines a second claim by another genuine chip, and keeps the first device working', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    await device.register()
    const { serialNo } = device.identity
    const { deviceId } = device
    const clone = await DeviceUnderTest.makeL1(server, l1, ftm, { serialNo, deviceId })

    await expectQuarantine(deviceId, () => clone.register(), 'R14-ftm-certificate-pinned')
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('quarantines a chip other than the one the factory named', async () => {
    const serialNo = 'PINNED0001'
    const ftmCertificateSha256 = createHash('sha256')
      .update('the chip of the manifest')
      .digest('hex')
    const deviceId = await server.approve(l1, serialNo, { ftmCertificateSha256 })
    const other = await DeviceUnderTest.makeL1(server, l1, ftm, { serialNo, deviceId })

    await expectQuarantine(deviceId, () => other.register(), 'R14-ftm-certificate-pinned')
  })

  it('quarantines the same chip with another key', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    await device.register()
    const { thumbprint } = device
    await device.replaceKey()

    await expectQuarantine(device.deviceId, () => device.register(), 'R18-first-claim')
    expect((await server.recordOf(device.deviceId)).certificates).toMatchObject([
      { thumbprint, status: 'active' },
    ])
  })

  it('gives no certificate to a claim that lost the race', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    const slow = device.key
    const nonce = await device.fetchChallenge()
    const late = await device.makeRegistration(nonce)
    // Planned with the first key, as after a crash of the server or an HSM that was away.
    const crashing = await server.openDoor((parts) => new NeverSigning(parts))
    expect((await crashing.post(late.text)).status).toBe(503)
    await device.replaceKey()
    await device.register()
    const winner = device.thumbprint

    const answer = await server.door.ask(late)

    expect(answer).toMatchObject({ body: { outcome: 'refused' } })
    expect((await server.recordOf(device.deviceId)).certificates).toMatchObject([
      { thumbprint: winner, status: 'active' },
    ])
    await device.replaceKey(slow)
    expect(await device.register()).toMatchObject({ outcome: 'refused' })
    expect((await server.recordOf(device.deviceId)).certificates).toHaveLength(1)
  })
})

describe('one chip', () => {
  it('quarantines a chip that claims a second serial number', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    await device.register()
    const other = await DeviceUnderTest.makeL1(server, l1, ftm)
    // Taken out of its device, and put into another.
    other.chip = device.chip

    await expectQuarantine(other.deviceId, () => other.register(), 'R15-chip-of-one-device')
  })
})

describe('a device that comes back from repair', () => {
  it('registers a repaired device with a new key, and ends its old certificate', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    await device.register()
    const old = device.thumbprint
    await server.act(device.deviceId, 'deregister')
    await server.devices.reapprove(device.deviceId, { reason: 'repaired' }, 'command-line')
    await device.replaceKey()

    expect(await device.register()).toMatchObject({ outcome: 'registered' })

    const { certificates } = await server.recordOf(device.deviceId)
    expect(certificates).toMatchObject([
      { thumbprint: old, status: 'revoked' },
      { thumbprint: device.thumbprint, status: 'active' },
    ])
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })
})
