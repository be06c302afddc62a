import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listApprovals } from '../src/registration/approvals-list.ts'
import { decideApproval } from '../src/registration/approvals.ts'
import { listRefusals } from '../src/registration/refusals.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import { drawSerialNo, insertOldTestDevice } from './test-devices.ts'
import { OPERATOR, type TestModel, type TestServer, startTestServer } from './test-server.ts'

/** How a device without a chip proves itself: a one-time secret, or an operator’s word. */

let server: TestServer
let bySecret: TestModel
let byApproval: TestModel
beforeAll(async () => {
  server = await startTestServer()
  bySecret = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
  byApproval = await server.addModel({ level: 'L0', l0Policy: 'operator-approval' })
})
afterAll(() => server[Symbol.asyncDispose]())

const SECRET = 'ABCDE-FGHJK-LMNPQ-RSTUV'
const OPERATOR_ID = OPERATOR.split(':')[1] ?? ''

async function expectSecretRefused(device: DeviceUnderTest, body: { enrolmentSecret?: string }) {
  const before = await server.recordOf(device.deviceId)
  const answer = await device.register(body)
  expect(answer).toMatchObject({
    outcome: 'refused',
    sentence: expect.stringContaining('enrolment secret') as string,
  })
  expect(await server.recordOf(device.deviceId)).toEqual(before)
  const { items } = await listRefusals(server.db.database, { deviceId: device.deviceId })
  expect(items).toMatchObject([
    { rule: 'R19-enrolment-secret', code: 'registration.enrolment-secret-wrong' },
  ])
}

describe('the enrolment secret', () => {
  it('refuses a wrong enrolment secret', async () => {
    const device = await DeviceUnderTest.makeL0(server, bySecret, { enrolmentSecret: SECRET })
    await expectSecretRefused(device, { enrolmentSecret: 'ABCDE-FGHJK-LMNPQ-RSTUW' })
  })

  it('refuses an L0 registration without its enrolment secret', async () => {
    const serialNo = 'NOSECRET01'
    const deviceId = await server.approve(bySecret, serialNo, { enrolmentSecret: SECRET })
    const device = await DeviceUnderTest.makeL0(server, bySecret, { serialNo, deviceId })
    await expectSecretRefused(device, {})
  })

  it('refuses any enrolment secret where none was set', async () => {
    const serialNo = drawSerialNo()
    const deviceId = await insertOldTestDevice(server.db, bySecret.modelId, serialNo)
    const device = await DeviceUnderTest.makeL0(server, bySecret, { serialNo, deviceId })
    await expectSecretRefused(device, { enrolmentSecret: SECRET })
  })

  it('accepts the right enrolment secret after a wrong attempt', async () => {
    const device = await DeviceUnderTest.makeL0(server, bySecret, { enrolmentSecret: SECRET })
    await expectSecretRefused(device, { enrolmentSecret: 'ABCDE-FGHJK-LMNPQ-RSTUW' })
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
  })

  it('accepts an enrolment secret once', async () => {
    const device = await DeviceUnderTest.makeL0(server, bySecret, { enrolmentSecret: SECRET })
    await device.register()
    await server.act(device.deviceId, 'deregister')
    const reapprove = (more: object) =>
      server.devices.reapprove(device.deviceId, { reason: 'repaired', ...more }, OPERATOR)
    // Its own is spent: without another it could never register.
    await expect(reapprove({})).rejects.toMatchObject({ code: 'device.proof-refused' })
    await reapprove({ enrolmentSecretSha256: 'ab'.repeat(32) })
    await device.replaceKey()
    await expectSecretRefused(device, { enrolmentSecret: SECRET })
  })

  it('refuses another device’s enrolment secret', async () => {
    const [own, other] = ['ABCDE-FGHJK-LMNPQ-RSTUX', 'ABCDE-FGHJK-LMNPQ-RSTUY']
    const device = await DeviceUnderTest.makeL0(server, bySecret, { enrolmentSecret: own })
    const neighbour = await DeviceUnderTest.makeL0(server, bySecret, { enrolmentSecret: other })
    await expectSecretRefused(device, { enrolmentSecret: other })
    expect((await server.recordOf(neighbour.deviceId)).device.enrolment_secret_used_at).toBeNull()
  })

  it('quarantines a right enrolment secret for a registered serial number', async () => {
    const device = await DeviceUnderTest.makeL0(server, bySecret, { enrolmentSecret: SECRET })
    await device.register()
    const before = await server.recordOf(device.deviceId)
    const { serialNo } = device.identity
    const { deviceId } = device
    const clone = await DeviceUnderTest.makeL0(server, bySecret, { serialNo, deviceId })

    const answer = await clone.register({ enrolmentSecret: SECRET })

    expect(answer).toMatchObject({ outcome: 'refused' })
    expect(await server.recordOf(deviceId)).toEqual(before)
    const { items } = await listRefusals(server.db.database, { deviceId })
    expect(items).toMatchObject([{ verdict: 'quarantine', rule: 'R18-first-claim' }])
  })

  it('writes no enrolment secret to logs, events or claims', async () => {
    const secret = 'WRONG-BUT-SECRET-22222'
    const device = await DeviceUnderTest.makeL0(server, bySecret, { enrolmentSecret: SECRET })
    await device.register({ enrolmentSecret: secret })
    expect(server.log.join('')).not.toContain(secret)
    expect(JSON.stringify(await server.timelineOf(device.deviceId))).not.toContain(secret)
    const { rows } = await server.db.pool.query('select * from registration_claim')
    expect(JSON.stringify(rows)).not.toContain(secret)
  })
})

async function findRequest(device: DeviceUnderTest): Promise<string> {
  const { items } = await listApprovals(server.db.database, { limit: 200 })
  const waiting = items.filter(({ deviceId }) => deviceId === device.deviceId)
  expect(waiting).toHaveLength(1)
  expect(waiting[0]).toMatchObject({ spkiSha256: device.spkiSha256 })
  return waiting[0]?.requestId ?? ''
}

const decide = (requestId: string, decision: 'approved' | 'refused') =>
  decideApproval(server.db.database, { requestId, decision, operatorId: OPERATOR_ID }, server.now())

describe('an operator’s approval', () => {
  it('registers the same key after an operator’s approval', async () => {
    const device = await DeviceUnderTest.makeL0(server, byApproval)
    const before = await server.recordOf(device.deviceId)

    const first = await device.register()
    expect(first).toMatchObject({
      outcome: 'pending',
      supportCode: expect.any(String) as string,
      retryAfterSeconds: 60,
    })
    expect(await server.recordOf(device.deviceId)).toEqual(before)
    // Asking again asks nobody twice.
    expect(await device.register()).toEqual(first)
    await decide(await findRequest(device), 'approved')

    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    expect(await server.recordOf(device.deviceId)).toMatchObject({
      device: { state: 'registered' },
      certificates: [{ spkiSha256: device.spkiSha256, status: 'active' }],
    })
    const events = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
    expect(events).toEqual([
      'device.approved',
      'device.approval-requested',
      'device.approval-decided',
      'certificate.issued',
      'device.registered',
    ])
  })

  it('keeps refusing a registration that an operator refused', async () => {
    const device = await DeviceUnderTest.makeL0(server, byApproval)
    await device.register()
    await decide(await findRequest(device), 'refused')
    const before = await server.recordOf(device.deviceId)

    expect(await device.register()).toMatchObject({ outcome: 'refused' })

    expect(await server.recordOf(device.deviceId)).toEqual(before)
    const { items } = await listRefusals(server.db.database, { deviceId: device.deviceId })
    expect(items).toMatchObject([{ rule: 'R20-operator-refused' }])
  })

  it('applies an operator’s approval to one key only', async () => {
    const device = await DeviceUnderTest.makeL0(server, byApproval)
    await device.register()
    await decide(await findRequest(device), 'approved')
    await device.replaceKey(await makeKey())

    expect(await device.register()).toMatchObject({ outcome: 'pending' })
    expect((await server.recordOf(device.deviceId)).certificates).toEqual([])
  })

  it('lets one operator decide an approval once', async () => {
    const device = await DeviceUnderTest.makeL0(server, byApproval)
    await device.register()
    const requestId = await findRequest(device)
    await decide(requestId, 'refused')
    await expect(decide(requestId, 'approved')).rejects.toMatchObject({
      code: 'approval.not-found',
    })
  })

  it('ignores an approval after the device was suspended or blocked', async () => {
    const device = await DeviceUnderTest.makeL0(server, byApproval)
    await device.register()
    await decide(await findRequest(device), 'approved')
    await server.act(device.deviceId, 'block')

    expect(await device.register()).toMatchObject({ outcome: 'refused' })
    expect((await server.recordOf(device.deviceId)).certificates).toEqual([])
  })
})
