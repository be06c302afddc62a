import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '@sanad/protocol/operator-api/policies'
import { type DeviceMakers, addDeviceMakers } from './device-makers.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import { OPERATOR, type TestServer, startTestServer } from './test-server.ts'

/** PN §6, 4: one key in two places. Nobody but a person decides which of the two is the device. */

let server: TestServer
let make: DeviceMakers
beforeAll(async () => {
  server = await startTestServer()
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

async function registerDevice(level: 'L0' | 'L1' = 'L0'): Promise<DeviceUnderTest> {
  const device = await make[level]()
  await device.register()
  await device.checkIn()
  return device
}

const SUSPENDED = { type: 'refusal', body: { code: 'registration.device-suspended' } }
const TAKEN = { type: 'check-in-answer' }

const stateOf = async ({ deviceId }: DeviceUnderTest) =>
  (await server.recordOf(deviceId)).device.state

/** What the server put on record of its own: suspicions, suspensions, moves. */
async function suspicionsOf({ deviceId }: DeviceUnderTest) {
  const found = ['device.clone-suspected', 'device.suspended', 'device.host-changed']
  return (await server.timelineOf(deviceId))
    .filter(({ type, actor }) => found.includes(type) && actor === 'server')
    .map(({ type, data }) => [type, data])
}

const FORK = [
  ['device.clone-suspected', { sign: 'sequence-fork' }],
  ['device.suspended', { reason: 'suspected-clone' }],
]
const TWO_HOSTS = [
  ['device.clone-suspected', { sign: 'two-installations' }],
  ['device.suspended', { reason: 'suspected-clone' }],
]

/** The state of the client was copied as it is now: its copy knows the same number. */
class Copy {
  readonly #device: DeviceUnderTest
  #seq: number

  constructor(device: DeviceUnderTest) {
    this.#device = device
    this.#seq = device.seq
  }

  async checkIn(): Promise<ReceivedAnswer> {
    const { seq } = this.#device
    const sent = await this.#device.makeCheckIn({}, { seq: ++this.#seq })
    this.#device.seq = seq
    return server.door.ask(sent)
  }
}

describe('two copies of one client', () => {
  it('suspends both copies of a client, and tells them under signature', async () => {
    const device = await registerDevice()
    const copy = new Copy(device)
    expect(await device.checkIn()).toMatchObject(TAKEN)
    const { presence, certificates } = await server.recordOf(device.deviceId)

    expect(await copy.checkIn()).toMatchObject(SUSPENDED)

    // The number stays with the message that had it first, and no certificate is touched.
    expect(await server.recordOf(device.deviceId)).toMatchObject({
      device: { state: 'suspended' },
      presence,
      certificates,
    })
    expect(await suspicionsOf(device)).toEqual(FORK)
    expect(await device.checkIn()).toMatchObject(SUSPENDED)
    expect(await copy.checkIn()).toMatchObject(SUSPENDED)
    expect(await suspicionsOf(device)).toEqual(FORK)
  })

  it('detects a copied client when one copy lags behind', async () => {
    const device = await registerDevice()
    const copy = new Copy(device)
    for (let i = 0; i < 4; i++) await device.checkIn()
    await server.advanceDays(1)
    expect(await copy.checkIn()).toMatchObject(SUSPENDED)
    expect(await suspicionsOf(device)).toEqual(FORK)
  })

  it('detects a copied client once at two servers', async () => {
    const device = await registerDevice()
    const other = await server.openDoor()
    const seq = device.seq + 1
    const [one, two] = [
      await device.makeCheckIn({}, { seq }),
      await device.makeCheckIn({ deviceStatus: 'Busy' }, { seq }),
    ]
    const answers = await Promise.all([server.door.ask(one), other.ask(two)])
    expect(answers.map(({ type }) => type).toSorted()).toEqual(['check-in-answer', 'refusal'])
    expect(await suspicionsOf(device)).toEqual(FORK)
  })

  it('continues from the highest number after an operator resolved a clone', async () => {
    const device = await registerDevice()
    const copy = new Copy(device)
    await device.checkIn()
    await copy.checkIn()
    await server.act(device.deviceId, 'resume')

    expect(await device.checkIn()).toMatchObject(TAKEN)
    // The copy is still there: it is raised again, as often as it shows itself.
    expect(await copy.checkIn()).toMatchObject(SUSPENDED)
    expect(await suspicionsOf(device)).toEqual([...FORK, ...FORK])
    await server.act(device.deviceId, 'block')
    expect(await copy.checkIn()).toMatchObject({ body: { code: 'registration.device-blocked' } })
  })

  it('suspects no clone because of a captured old message', async () => {
    const device = await registerDevice()
    const older = await device.makeCheckIn()
    await device.checkIn()
    expect((await server.door.post(older.text)).status).toBe(401)
    await server.advanceDays(1)
    expect((await server.door.post(older.text)).status).toBe(401)
    expect(await stateOf(device)).toBe('registered')
    expect(await suspicionsOf(device)).toEqual([])
  })

  it('detects a copied client by any type of message in sequence', async () => {
    const device = await registerDevice()
    const sent = await device.makeRotation(await makeKey(), {}, { seq: device.seq })
    expect(await server.door.ask(sent)).toMatchObject(SUSPENDED)
    expect(await suspicionsOf(device)).toEqual(FORK)
  })
})

const drawInstallation = (): string => randomBytes(16).toString('base64url')

/** The same device and its state, under the client of another host. */
async function checkInFrom(device: DeviceUnderTest, installation: string): Promise<ReceivedAnswer> {
  return server.door.ask(await device.makeCheckIn({}, {}, { installation }))
}

/** The policy of the fleet, as it is from now on. */
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

describe('an L1 device on another host', () => {
  it('records an L1 device’s move to another host', async () => {
    const device = await registerDevice('L1')
    expect(await checkInFrom(device, drawInstallation())).toMatchObject(TAKEN)
    expect(await suspicionsOf(device)).toEqual([['device.host-changed', { isAllowed: true }]])
  })

  it('suspects a clone when an L1 device moves back within a day', async () => {
    const device = await registerDevice('L1')
    await checkInFrom(device, drawInstallation())
    expect(await device.checkIn()).toMatchObject(SUSPENDED)
    expect(await stateOf(device)).toBe('suspended')
    expect(await suspicionsOf(device)).toEqual([
      ['device.host-changed', { isAllowed: true }],
      ...TWO_HOSTS,
    ])
    expect(await device.checkIn()).toMatchObject(SUSPENDED)
    expect(await suspicionsOf(device)).toHaveLength(3)
  })

  it('records two moves when an L1 device moves back after a day', async () => {
    const device = await registerDevice('L1')
    await checkInFrom(device, drawInstallation())
    await server.advanceDays(2)
    expect(await device.checkIn()).toMatchObject(TAKEN)
    expect(await suspicionsOf(device)).toHaveLength(2)
  })

  it('suspends a moved L1 device where its policy demands it', async () => {
    await setPolicy({ hostMove: 'suspended' })
    const device = await registerDevice('L1')
    const elsewhere = drawInstallation()
    expect(await checkInFrom(device, elsewhere)).toMatchObject(SUSPENDED)
    expect(await suspicionsOf(device)).toEqual([
      ['device.host-changed', { isAllowed: false }],
      ['device.suspended', { reason: 'relocated' }],
    ])
    await server.act(device.deviceId, 'resume')
    expect(await checkInFrom(device, elsewhere)).toMatchObject(TAKEN)
    await setPolicy({})
  })

  it('accepts the host of a new registration', async () => {
    const device = await registerDevice('L1')
    await server.act(device.deviceId, 'deregister')
    await server.devices.reapprove(device.deviceId, { reason: 'repaired' }, OPERATOR)
    await device.replaceKey()
    await device.register()
    expect(await checkInFrom(device, drawInstallation())).toMatchObject(TAKEN)
    expect(await suspicionsOf(device)).toEqual([])
  })
})

describe('an L0 device on another host', () => {
  it('suspects a clone when an L0 device appears on another host', async () => {
    const device = await registerDevice('L0')
    const { certificates } = await server.recordOf(device.deviceId)
    expect(await checkInFrom(device, drawInstallation())).toMatchObject(SUSPENDED)
    expect(await suspicionsOf(device)).toEqual(TWO_HOSTS)
    expect(await server.recordOf(device.deviceId)).toMatchObject({ certificates })
    await server.act(device.deviceId, 'resume')
    expect(await device.checkIn()).toMatchObject(SUSPENDED)
  })
})

describe('a check-in', () => {
  it('stores whether the SBI signs with the certificate on record', async () => {
    const device = await registerDevice()
    const useOf = async () => {
      const { rows } = await server.db.pool.query(
        'select certificate_in_use as use from device_presence where device_id = $1',
        [device.deviceId],
      )
      return rows[0] as unknown
    }
    expect(await useOf()).toEqual({ use: 'yes' })
    await server.door.ask(await device.makeCheckIn({}, {}, { certificateInUse: 'no' }))
    expect(await useOf()).toEqual({ use: 'no' })
  })
})
