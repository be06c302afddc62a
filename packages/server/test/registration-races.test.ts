import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRefusals } from '../src/registration/refusals.ts'
import { SigningTogether } from './crashes.ts'
import { type DeviceMakers, addDeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import type { Door } from './test-door.ts'
import { type TestServer, startTestServer } from './test-server.ts'

/** Two of what should be one, in the same moment: the second is judged again, and its verdict is signed. */

let server: TestServer
let make: DeviceMakers
beforeAll(async () => {
  server = await startTestServer()
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

/** Both are decided and signed before either is recorded. */
async function openSigningTogether(awaited: number): Promise<Door> {
  const made: SigningTogether[] = []
  const door = await server.openDoor((parts) => {
    const issuer = new SigningTogether(parts)
    made.push(issuer)
    return issuer
  })
  for (const issuer of made) issuer.awaited = awaited
  return door
}

/** Opens each answer as its sender would: an answer that is not signed fails here. */
async function registerAtOnce(
  door: Door,
  devices: readonly DeviceUnderTest[],
): Promise<readonly string[]> {
  const sent: SentRequest[] = []
  for (const device of devices)
    sent.push(await device.makeRegistration(await device.fetchChallenge(door), {}, { door }))
  const replies = await Promise.all(sent.map(({ text }) => door.post(text)))
  return replies.map((reply, index) => {
    expect(reply.status).toBe(200)
    const { body } = door.open(reply, sent[index]!)
    return 'outcome' in body ? String(body.outcome) : 'none'
  })
}

async function expectOneVerdict(loser: DeviceUnderTest, rule: string): Promise<void> {
  const record = await server.recordOf(loser.deviceId)
  expect(record).toMatchObject({ device: { state: 'approved' }, certificates: [] })
  const { items } = await listRefusals(server.db.database, { deviceId: loser.deviceId })
  expect(items).toMatchObject([{ rule }])
}

describe('one chip on two serial numbers in the same moment', () => {
  it('registers one of two devices that claim one chip, and quarantines the other', async () => {
    const door = await openSigningTogether(2)
    const [one, other] = [await make.L1(), await make.L1()]
    other.chip = one.chip

    const outcomes = await registerAtOnce(door, [one, other])

    expect(outcomes.toSorted()).toEqual(['refused', 'registered'])
    const loser = outcomes[0] === 'refused' ? one : other
    await expectOneVerdict(loser, 'R15-chip-of-one-device')
    const types = (await server.timelineOf(loser.deviceId)).map(({ type }) => type)
    expect(types).toEqual(['device.approved', 'device.claim-quarantined'])
  })

  it('registers the other devices of a group in which two claim one chip', async () => {
    const door = await openSigningTogether(4)
    const devices = [await make.L1(), await make.L1(), await make.L1(), await make.L1()]
    devices[1]!.chip = devices[0]!.chip

    const outcomes = await registerAtOnce(door, devices)

    expect(outcomes.slice(0, 2).toSorted()).toEqual(['refused', 'registered'])
    expect(outcomes.slice(2)).toEqual(['registered', 'registered'])
  })
})

describe('one device key on two devices at once', () => {
  it('registers one of two devices with one key, and refuses the other under signature', async () => {
    const [one, other] = [await make.L1(), await make.L1()]
    await other.replaceKey(one.key)

    const outcomes = await registerAtOnce(server.door, [one, other])

    expect(outcomes.toSorted()).toEqual(['refused', 'registered'])
    await expectOneVerdict(outcomes[0] === 'refused' ? one : other, 'R17-key-new')
  })
})
