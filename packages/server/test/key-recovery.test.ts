import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RegistrationAnswer } from '@sanad/protocol/wire/messages/registration'
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '@sanad/protocol/operator-api/policies'
import { listApprovals } from '../src/registration/approvals-list.ts'
import { decideApproval } from '../src/registration/approvals.ts'
import { listRefusals } from '../src/registration/refusals.ts'
import { LosingSignatures, NeverSigning } from './crashes.ts'
import { type DeviceMakers, addDeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { type KeyPair, makeKey } from './device-keys.ts'
import { type IssuerParts, OPERATOR, type TestServer, startTestServer } from './test-server.ts'

/** A device that was offline past the end of its certificate comes back, as far as its policy allows. */

/** Thirty days of use and ten of overlap: the standard policy. */
const LIFE_DAYS = 40

let server: TestServer
let make: DeviceMakers

beforeAll(async () => {
  server = await startTestServer()
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

async function registered(device: DeviceUnderTest): Promise<DeviceUnderTest> {
  expect(await device.register()).toMatchObject({ outcome: 'registered' })
  await device.checkIn()
  return device
}

/** Asks for a certificate of a new key in the place of the one that ended. */
async function recover(
  device: DeviceUnderTest,
  recovers = device.thumbprint,
): Promise<RegistrationAnswer> {
  await device.replaceKey()
  return device.register({ recovers })
}

async function setPolicy(settings: Partial<PolicySettings>): Promise<void> {
  await server.db.pool.query(
    `insert into policy_version (policy_id, version, settings)
     select policy_id, max(version) + 1, $1 from policy_version
     where policy_id = (select policy_id from policy_assignment where scope = 'fleet')
     group by policy_id`,
    [JSON.stringify({ ...DEFAULT_POLICY_SETTINGS, ...settings })],
  )
  await server.restart()
}

async function expectTurnedAway(
  device: DeviceUnderTest,
  code: string,
  verdict = 'refuse',
  recovers = device.thumbprint,
): Promise<void> {
  const before = await server.recordOf(device.deviceId)
  expect(await recover(device, recovers)).toMatchObject({ outcome: 'refused' })
  expect(await server.recordOf(device.deviceId)).toEqual(before)
  const { items } = await listRefusals(server.db.database, { deviceId: device.deviceId })
  expect(items[0]).toMatchObject({ code, verdict })
}

const recoveredEvents = async ({ deviceId }: DeviceUnderTest) =>
  (await server.timelineOf(deviceId)).filter(({ type }) => type === 'key.recovered')

const statusesOf = async ({ deviceId }: DeviceUnderTest) =>
  (await server.recordOf(deviceId)).certificates.map(({ status }) => status)

async function findRequest({ deviceId }: DeviceUnderTest) {
  const { items } = await listApprovals(server.db.database, { limit: 200 })
  const waiting = items.filter((item) => item.deviceId === deviceId)
  expect(waiting).toHaveLength(1)
  return waiting[0]
}

async function decide(device: DeviceUnderTest, decision: 'approved' | 'refused'): Promise<void> {
  const requestId = (await findRequest(device))?.requestId ?? ''
  const operatorId = OPERATOR.split(':')[1] ?? ''
  await decideApproval(server.db.database, { requestId, decision, operatorId }, server.now())
}

describe('before the end of a certificate', () => {
  it('refuses recovery before the certificate expires', async () => {
    await expectTurnedAway(await registered(await make.L1()), 'recovery.not-expired')
    await expectTurnedAway(await registered(await make.L0()), 'recovery.not-expired')
  })

  it('treats a claim that names another device’s certificate as a second claim', async () => {
    const [device, other] = [await registered(await make.L1()), await registered(await make.L1())]
    await expectTurnedAway(
      device,
      'registration.already-registered',
      'quarantine',
      other.thumbprint,
    )
  })
})

describe('within the grace', () => {
  let l1: DeviceUnderTest[]
  let l0: DeviceUnderTest[]
  let rotating: DeviceUnderTest
  /** Devices with the key that they asked to be certified before the end. */
  let answerLost: [DeviceUnderTest, KeyPair]
  let neverSigned: [DeviceUnderTest, KeyPair]
  let abandoned: [DeviceUnderTest, KeyPair]
  let late: { l1: DeviceUnderTest; l0: DeviceUnderTest }
  let ended: { L1: DeviceUnderTest; L0: DeviceUnderTest }
  beforeAll(async () => {
    l1 = []
    l0 = []
    for (let i = 0; i < 11; i++) l1.push(await registered(await make.L1()))
    for (let i = 0; i < 4; i++) l0.push(await registered(await make.L0()))
    rotating = await registered(await make.L1())
    answerLost = [await registered(await make.L1()), await makeKey()]
    neverSigned = [await registered(await make.L1()), await makeKey()]
    abandoned = [await registered(await make.L1()), await makeKey()]
    ended = { L1: await registered(await make.L1()), L0: await registered(await make.L0()) }
    late = { l1: await registered(await make.L1()), l0: await registered(await make.L0()) }
    await server.advanceDays(DEFAULT_POLICY_SETTINGS.rotationDays - 1)
    // The answer to its request never arrived.
    await rotating.rotate(await makeKey())
    await answerLost[0].rotate(answerLost[1])
    const failing = await server.openDoor((parts) => new NeverSigning(parts))
    for (const [device, next] of [neverSigned, abandoned])
      await expect(device.rotate(next, failing)).rejects.toThrow('503')
    await server.advanceDays(LIFE_DAYS + 3 - DEFAULT_POLICY_SETTINGS.rotationDays)
  })

  const take = (devices: DeviceUnderTest[]): DeviceUnderTest => {
    const device = devices.pop()
    if (device === undefined) throw new Error('all are used up')
    return device
  }

  it('recovers a device by its chip at once', async () => {
    const device = take(l1)
    const { presence } = await server.recordOf(device.deviceId)
    await expect(device.checkIn()).rejects.toThrow('401')
    const ended = device.thumbprint

    expect(await recover(device)).toMatchObject({ outcome: 'registered' })

    const record = await server.recordOf(device.deviceId)
    expect(record.device.state).toBe('registered')
    expect(record.certificates).toMatchObject([
      { thumbprint: ended, status: 'expired' },
      { thumbprint: device.thumbprint, status: 'active', spkiSha256: device.spkiSha256 },
    ])
    expect(await recoveredEvents(device)).toMatchObject([{ data: { proof: 'ftm' } }])
    // Numbers only go on.
    expect(record.presence?.last_seq).toBeGreaterThan(presence?.last_seq ?? Infinity)
    expect(record.presence?.last_check_in_at).toEqual(presence?.last_check_in_at)
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('never lets the message number of a recovered device go back', async () => {
    const device = take(l1)
    const { presence } = await server.recordOf(device.deviceId)
    device.seq = 0
    await recover(device)
    expect((await server.recordOf(device.deviceId)).presence?.last_seq).toBe(presence?.last_seq)
  })

  it('records a recovery with its purpose and the days since expiry', async () => {
    const device = take(l1)
    const ended = device.thumbprint
    await recover(device)
    const { rows } = await server.db.pool.query(
      'select purpose, replaces from device_certificate where thumbprint_sha256 = $1',
      [device.thumbprint],
    )
    expect(rows).toEqual([{ purpose: 'recovery', replaces: ended }])
    const [event] = await recoveredEvents(device)
    expect(event?.data).toMatchObject({ daysPastEnd: expect.any(Number) as number })
    const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type).slice(-3)
    expect(types).toEqual(['certificate.expired', 'certificate.issued', 'key.recovered'])
  })

  it('repeats a lost recovery answer, and issues one certificate', async () => {
    const device = take(l1)
    const recovers = device.thumbprint
    const first = await recover(device, recovers)
    expect(await device.register({ recovers })).toEqual(first)
    expect(await device.register({})).toEqual(first)
    expect(await statusesOf(device)).toEqual(['expired', 'active'])
    expect(await recoveredEvents(device)).toHaveLength(1)
  })

  it('suspects a clone when another chip recovers a serial number', async () => {
    const device = take(l1)
    const clone = await make.L1({
      serialNo: device.identity.serialNo,
      deviceId: device.deviceId,
    })
    await expectTurnedAway(clone, 'registration.suspected-clone', 'quarantine', device.thumbprint)
  })

  it('refuses recovery with another device’s expired certificate', async () => {
    const [device, other] = [take(l1), take(l1)]
    await expectTurnedAway(
      device,
      'registration.already-registered',
      'quarantine',
      other.thumbprint,
    )
    l1.push(device, other)
  })

  it('refuses recovery of a superseded certificate', async () => {
    const device = take(l1)
    const ended = device.thumbprint
    await recover(device)
    await expectTurnedAway(device, 'registration.already-registered', 'quarantine', ended)
  })

  it('refuses recovery of a suspended device', async () => {
    const device = take(l1)
    await server.act(device.deviceId, 'suspend')
    await expectTurnedAway(device, 'registration.device-suspended')
    await server.act(device.deviceId, 'resume')
    expect(await recover(device)).toMatchObject({ outcome: 'registered' })
  })

  it.each(['L1', 'L0'] as const)(
    'a device that was de-registered meanwhile is told so, under signature and with the code (%s)',
    async (level) => {
      const device = ended[level]
      const { deviceId, thumbprint: recovers } = device
      await server.act(deviceId, 'deregister')
      const before = await server.recordOf(deviceId)
      await device.replaceKey()
      const nonce = await device.fetchChallenge()
      const sent = await device.makeRegistration(nonce, { recovers })

      const told = await server.door.ask(sent)

      expect(told).toMatchObject({
        type: 'refusal',
        body: { code: 'registration.device-deregistered' },
      })
      // An answer that was lost is told again.
      expect((await server.door.ask(sent)).body).toEqual(told.body)
      expect(await server.recordOf(deviceId)).toEqual(before)
      const { items } = await listRefusals(server.db.database, { deviceId })
      expect(items[0]).toMatchObject({ code: 'registration.device-deregistered' })
    },
  )

  it('tells a blocked device that asks for recovery to destroy its keys', async () => {
    const device = take(l1)
    const { deviceId, thumbprint: recovers } = device
    await server.act(deviceId, 'block')
    const before = await server.recordOf(deviceId)
    await device.replaceKey()
    const sent = await device.makeRegistration(await device.fetchChallenge(), { recovers })
    expect(await server.door.ask(sent)).toMatchObject({
      type: 'refusal',
      body: { code: 'registration.device-blocked' },
    })
    expect(await server.recordOf(deviceId)).toEqual(before)
  })

  it('orders no purge of a device that names a certificate it never had', async () => {
    const { L1: device, L0: other } = ended
    await expectTurnedAway(device, 'registration.device-deregistered', 'refuse', other.thumbprint)
    expect(await device.register()).toMatchObject({ outcome: 'refused' })
  })

  it('requires a new approval after a de-registration', async () => {
    const { L1: device } = ended
    expect(await device.register()).toMatchObject({ outcome: 'refused' })
    await server.devices.reapprove(device.deviceId, { reason: 'found' }, OPERATOR)
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('lets a recovery replace an unfinished rotation', async () => {
    expect(await recover(rotating)).toMatchObject({ outcome: 'registered' })
    expect(await statusesOf(rotating)).toEqual(['expired', 'revoked', 'active'])
    expect(await rotating.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('repeats a lost rotation answer to its key after expiry, and confirms it by use', async () => {
    const [device, next] = answerLost
    const recovers = device.thumbprint
    await device.replaceKey(next)
    expect(await device.register({ recovers })).toMatchObject({ outcome: 'registered' })
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
    expect(await statusesOf(device)).toEqual(['superseded', 'active'])
    expect(await recoveredEvents(device)).toEqual([])
  })

  it('signs a planned rotation for its key after expiry, and confirms it by use', async () => {
    const [device, next] = neverSigned
    const recovers = device.thumbprint
    await device.replaceKey(next)
    expect(await device.register({ recovers })).toMatchObject({ outcome: 'registered' })
    expect(await statusesOf(device)).toEqual(['active', 'pending'])
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
    expect(await statusesOf(device)).toEqual(['superseded', 'active'])
  })

  it('lets another key replace a planned rotation', async () => {
    const [device] = abandoned
    expect(await recover(device)).toMatchObject({ outcome: 'registered' })
    const { intents } = await server.recordOf(device.deviceId)
    expect(intents.map(({ state }) => state)).toEqual(['issued', 'abandoned', 'issued'])
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it.each([
    ['before the signature', (parts: IssuerParts) => new NeverSigning(parts)],
    ['after the signature', (parts: IssuerParts) => new LosingSignatures(parts)],
  ])('power may fail %s: the same key gets the certificate that was planned', async (_at, make) => {
    const device = take(l1)
    const recovers = device.thumbprint
    const failing = await server.openDoor(make)
    await device.replaceKey()
    const nonce = await device.fetchChallenge()
    const sent = await device.makeRegistration(nonce, { recovers })
    expect((await failing.post(sent.text)).status).toBe(503)
    expect(await statusesOf(device)).toEqual(['active'])

    device.takeAnswer(await server.door.ask(sent))

    expect(await statusesOf(device)).toEqual(['expired', 'active'])
    expect(await recoveredEvents(device)).toMatchObject([{ data: { proof: 'ftm' } }])
    const { intents } = await server.recordOf(device.deviceId)
    expect(intents.map(({ state }) => state)).toEqual(['issued', 'issued'])
  })

  it('holds the recovery of an L0 device for an operator, then certifies the same key', async () => {
    const device = take(l0)
    const recovers = device.thumbprint
    const before = await server.recordOf(device.deviceId)
    expect(await recover(device, recovers)).toMatchObject({ outcome: 'pending' })
    expect(await server.recordOf(device.deviceId)).toEqual(before)
    expect(await findRequest(device)).toMatchObject({
      kind: 'recovery',
      spkiSha256: device.spkiSha256,
    })

    await decide(device, 'approved')

    expect(await device.register({ recovers })).toMatchObject({ outcome: 'registered' })
    expect(await statusesOf(device)).toEqual(['expired', 'active'])
    expect(await recoveredEvents(device)).toMatchObject([{ data: { proof: 'operator-approval' } }])
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('applies an operator’s recovery approval to one key only', async () => {
    const device = take(l0)
    const recovers = device.thumbprint
    await recover(device, recovers)
    await decide(device, 'approved')
    expect(await recover(device, recovers)).toMatchObject({ outcome: 'pending' })
    expect(await statusesOf(device)).toEqual(['active'])
  })

  it('keeps refusing a recovery that an operator refused', async () => {
    const device = take(l0)
    const recovers = device.thumbprint
    await recover(device, recovers)
    await decide(device, 'refused')
    const before = await server.recordOf(device.deviceId)
    expect(await device.register({ recovers })).toMatchObject({ outcome: 'refused' })
    expect(await server.recordOf(device.deviceId)).toEqual(before)
  })

  it('asks an operator about a chip’s recovery where the policy demands it', async () => {
    await setPolicy({ recovery: 'operator-approval' })
    const device = take(l1)
    const recovers = device.thumbprint
    expect(await recover(device, recovers)).toMatchObject({ outcome: 'pending' })
    await decide(device, 'approved')
    expect(await device.register({ recovers })).toMatchObject({ outcome: 'registered' })
    expect(await recoveredEvents(device)).toMatchObject([{ data: { proof: 'operator-approval' } }])
    await setPolicy({})
  })

  it('refuses recovery where the policy forbids it', async () => {
    await setPolicy({ recovery: 'refused' })
    await expectTurnedAway(late.l1, 'recovery.refused-by-policy')
    await expectTurnedAway(late.l0, 'recovery.refused-by-policy')
    await setPolicy({})
  })

  it('refuses recovery after the grace period, until a new approval', async () => {
    await server.advanceDays(DEFAULT_POLICY_SETTINGS.graceDays)
    await expectTurnedAway(late.l1, 'recovery.grace-over')
    await expectTurnedAway(late.l0, 'recovery.grace-over')

    const { deviceId } = late.l1
    await server.act(deviceId, 'deregister')
    await server.devices.reapprove(deviceId, { reason: 'repaired' }, OPERATOR)
    await late.l1.replaceKey()
    expect(await late.l1.register()).toMatchObject({ outcome: 'registered' })
    expect(await late.l1.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })
})
