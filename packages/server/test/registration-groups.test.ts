import { setTimeout as wait } from 'node:timers/promises'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SigningTogether } from './crashes.ts'
import { type DeviceMakers, addDeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import type { Door } from './test-door.ts'
import { type TestServer, startTestServer } from './test-server.ts'

/** Claims that come at once share their transactions; what happens to one of them is not the others’ concern. */

let server: TestServer
let make: DeviceMakers
beforeAll(async () => {
  server = await startTestServer()
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

async function makeMany(count: number): Promise<DeviceUnderTest[]> {
  const devices: DeviceUnderTest[] = []
  while (devices.length < count) devices.push(await make.L1())
  return devices
}

async function openSigningTogether(): Promise<{ door: Door; issuer: SigningTogether }> {
  const made: SigningTogether[] = []
  const door = await server.openDoor((parts) => {
    const issuer = new SigningTogether(parts)
    made.push(issuer)
    return issuer
  })
  return { door, issuer: made[0]! }
}

async function makeRegistrations(
  devices: readonly DeviceUnderTest[],
  door: Door = server.door,
): Promise<SentRequest[]> {
  const sent: SentRequest[] = []
  for (const device of devices)
    sent.push(await device.makeRegistration(await device.fetchChallenge(door), {}, { door }))
  return sent
}

const waitingForLocks = async (): Promise<number> => {
  const { rows } = await server.db.pool.query<{ waiting: number }>(
    `select count(*) as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows[0]?.waiting ?? 0
}

/**
 * Two groups are judged at once; while both wait for rows that somebody else holds, what arrives becomes one
 * group.
 */
async function judgeInOneGroup<T>(work: () => Promise<T>): Promise<T> {
  const plugs = await makeMany(2)
  const sent = await makeRegistrations(plugs)
  let group: Promise<T> | undefined
  const plugged: Promise<unknown>[] = []
  await server.db.database.transaction().execute(async (tx) => {
    for (const { deviceId } of plugs)
      await tx
        .selectFrom('device')
        .select('device_id')
        .where('device_id', '=', deviceId)
        .forUpdate()
        .execute()
    for (const [index, message] of sent.entries()) {
      plugged.push(server.door.ask(message))
      while ((await waitingForLocks()) <= index) await wait(5)
    }
    group = work()
    // Long enough for all of them to arrive; the test looks at who shared a transaction.
    await wait(800)
  })
  await Promise.all(plugged)
  return group!
}

/** PostgreSQL marks each row with the transaction that wrote it. */
async function countTransactions(
  table: 'certificate_intent' | 'device_presence',
  devices: readonly DeviceUnderTest[],
): Promise<number> {
  const { rows } = await server.db.pool.query<{ transactions: number }>(
    `select count(distinct xmin::text) as transactions from ${table} where device_id = any($1)`,
    [devices.map(({ deviceId }) => deviceId)],
  )
  return rows[0]?.transactions ?? 0
}

async function expectRegisteredOnce(device: DeviceUnderTest): Promise<void> {
  const record = await server.recordOf(device.deviceId)
  expect(record.device.state).toBe('registered')
  expect(record.intents).toMatchObject([{ state: 'issued' }])
  expect(record.certificates).toMatchObject([
    { thumbprint: device.thumbprint, spkiSha256: device.spkiSha256, status: 'active' },
  ])
  const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
  expect(types).toEqual(['device.approved', 'certificate.issued', 'device.registered'])
}

/** @param told what the record says of its claim besides */
async function expectNotRegistered(
  device: DeviceUnderTest,
  ...told: readonly string[]
): Promise<void> {
  expect(await server.recordOf(device.deviceId)).toMatchObject({
    device: { state: 'approved' },
    certificates: [],
    presence: undefined,
  })
  const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
  expect(types).toEqual(['device.approved', ...told])
}

describe('claims that are judged together', () => {
  it('registers the others when one claim of a shared transaction is refused', async () => {
    const [refused, ...genuine] = await makeMany(4)
    const sent = await makeRegistrations([refused!, ...genuine])
    await server.act(refused!.deviceId, 'block')
    const before = await server.recordOf(refused!.deviceId)

    const [refusal, ...answers] = await judgeInOneGroup(() =>
      Promise.all(sent.map((message) => server.door.ask(message))),
    )

    expect(refusal).toMatchObject({ body: { outcome: 'refused' } })
    expect(await server.recordOf(refused!.deviceId)).toEqual(before)
    for (const [index, device] of genuine.entries()) {
      device.takeAnswer(answers[index]!)
      await expectRegisteredOnce(device)
    }
    // On a busy machine one may come late, and be of the next group.
    expect(await countTransactions('certificate_intent', genuine)).toBeLessThan(genuine.length)
  })

  it('gives one certificate to a message that a group has twice', async () => {
    const [twice, other] = await makeMany(2)
    const [sent, another] = await makeRegistrations([twice!, other!])

    const answers = await judgeInOneGroup(() =>
      Promise.all([sent!, sent!, another!].map((message) => server.door.ask(message))),
    )

    const certificates = answers.map((answer, index) => {
      const device = index === 2 ? other! : twice!
      device.takeAnswer(answer)
      return device.certificate!
    })
    expect(certificates[0]!.equals(certificates[1]!)).toBe(true)
    await expectRegisteredOnce(twice!)
    await expectRegisteredOnce(other!)
  })

  it('judges two claims of one device in turn, and quarantines the second key', async () => {
    const device = await make.L1()
    const first = await device.makeRegistration(await device.fetchChallenge())
    await device.replaceKey()
    const second = await device.makeRegistration(await device.fetchChallenge())

    const answers = await judgeInOneGroup(() =>
      Promise.all([first, second].map((message) => server.door.ask(message))),
    )

    const outcomes = answers.map(({ body }) => ('outcome' in body ? body.outcome : 'none'))
    expect(outcomes.toSorted()).toEqual(['refused', 'registered'])
    const record = await server.recordOf(device.deviceId)
    expect(record.device.state).toBe('registered')
    expect(record.certificates).toMatchObject([{ status: 'active' }])
  })
})

describe('registrations that are concluded together', () => {
  it('concludes several registrations in one transaction', async () => {
    const { door, issuer } = await openSigningTogether()
    const devices = await makeMany(4)
    const sent = await makeRegistrations(devices, door)
    issuer.awaited = 4

    const answers = await Promise.all(sent.map((message) => door.ask(message)))

    for (const [index, device] of devices.entries()) {
      device.takeAnswer(answers[index]!)
      await expectRegisteredOnce(device)
    }
    expect(await countTransactions('device_presence', devices)).toBeLessThan(devices.length)
  })

  it('concludes the other registrations when one certificate fails its lints', async () => {
    const { door, issuer } = await openSigningTogether()
    const [unlucky, ...others] = await makeMany(4)
    const sent = await makeRegistrations([unlucky!, ...others], door)
    issuer.awaited = 4
    issuer.before = (intent) =>
      intent.deviceId === unlucky!.deviceId ? { ...intent, commonName: 'somebody else' } : intent

    const [failed, ...replies] = await Promise.all(sent.map(({ text }) => door.post(text)))

    expect(JSON.parse(failed!.text)).toMatchObject({ code: 'certificate.lint-refused' })
    await expectNotRegistered(unlucky!)
    for (const [index, device] of others.entries()) {
      device.takeAnswer(door.open(replies[index]!, sent[index + 1]!))
      await expectRegisteredOnce(device)
    }
    unlucky!.takeAnswer(await server.door.ask(sent[0]!))
    await expectRegisteredOnce(unlucky!)
  })

  it('concludes the other registrations when one cannot be recorded', async () => {
    const { door, issuer } = await openSigningTogether()
    const [late, ...others] = await makeMany(4)
    const sent = await makeRegistrations([late!, ...others], door)
    issuer.awaited = 4
    issuer.whenSigned = () =>
      server.db.pool.query(
        `update certificate_intent set state = 'abandoned', settled_at = now() where device_id = $1`,
        [late!.deviceId],
      )

    const [failed, ...replies] = await Promise.all(sent.map(({ text }) => door.post(text)))

    // Judged again: its key was used before, and the answer says so under signature.
    expect(door.open(failed!, sent[0]!)).toMatchObject({ body: { outcome: 'refused' } })
    await expectNotRegistered(late!, 'device.registration-refused')
    for (const [index, device] of others.entries()) {
      device.takeAnswer(door.open(replies[index]!, sent[index + 1]!))
      await expectRegisteredOnce(device)
    }
    // Its key may have been signed for and is used up; with a new one it registers.
    await late!.replaceKey()
    expect(await late!.register()).toMatchObject({ outcome: 'registered' })
  })

  it('leaves grouped registrations whole or absent when the server is killed', async () => {
    const { door, issuer } = await openSigningTogether()
    const devices = await makeMany(3)
    const sent = await makeRegistrations(devices, door)
    issuer.awaited = 3
    const issued = await server.countIssued()

    const replies = await server.db.database.transaction().execute(async (tx) => {
      // What is recorded waits here, with all else of its transaction written.
      await sql`lock table unsequenced_event in share mode`.execute(tx)
      const posted = Promise.all(sent.map(({ text }) => door.post(text)))
      while ((await waitingForLocks()) === 0) await wait(5)
      // What PostgreSQL sees of a server that is killed: its connections end.
      await server.db.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return posted
    })

    for (const reply of replies) expect(reply.status).toBe(503)
    for (const device of devices) await expectNotRegistered(device)
    expect((await server.countIssued()).certificates).toBe(issued.certificates)
    for (const [index, device] of devices.entries()) {
      device.takeAnswer(await server.door.ask(sent[index]!))
      await expectRegisteredOnce(device)
    }
  })
})
