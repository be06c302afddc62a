import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { ClockHealthCounter } from '../src/telemetry/clock-health.ts'
import { listFactsChanges, readFacts } from '../src/telemetry/device-facts.ts'
import { forgetFactsChanges } from '../src/telemetry/telemetry-jobs.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { insertTestOperator } from './test-portal.ts'
import { type TestServer, startTestServer } from './test-server.ts'
import { readDevice } from '../src/fleet/device-view.ts'

/** What devices tell of themselves with a check-in: kept, dated, and never biometric. */

let server: TestServer
let device: DeviceUnderTest
let makeDevice: () => Promise<DeviceUnderTest>
beforeAll(async () => {
  server = await startTestServer()
  const ftm = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  makeDevice = async () => {
    const made = await DeviceUnderTest.makeL1(server, model, ftm)
    expect(await made.register()).toMatchObject({ outcome: 'registered' })
    return made
  }
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  device = await makeDevice()
})

const tell = async (facts: DeviceFacts) =>
  server.door.ask(await device.makeCheckIn({}, {}, { facts }))

const factsAt = async (at = server.now()) =>
  (await readFacts(server.db.database, device.deviceId, at)).facts

const changesOf = async (query = {}) =>
  (await listFactsChanges(server.db.database, device.deviceId, query)).items

async function countKept(): Promise<number> {
  const { rows } = await server.db.pool.query<{ kept: number }>(
    'select count(*) as kept from device_facts_change where device_id = $1',
    [device.deviceId],
  )
  return rows[0]?.kept ?? 0
}

describe('what a device says of itself with a check-in', () => {
  it('is kept without what looks like biometric data; the kind is put on record, the value nowhere', async () => {
    const leak = Buffer.concat([Buffer.from('FIR\0 01\0'), randomBytes(24)]).toString('base64')
    const hex = Buffer.concat([Buffer.from('FMR\0 2'), randomBytes(26)]).toString('hex')
    const information = { serviceVersion: leak, firmware: hex, operatingSystem: `v1 ${leak}` }
    expect(await device.checkIn({ ...information, specVersions: ['0.9.5'] })).toMatchObject({
      type: 'check-in-answer',
    })
    const { presence } = await readDevice(server.db.database, device.deviceId)
    expect(presence).toMatchObject({ serviceVersion: '', firmware: '', deviceStatus: 'Ready' })
    const events = await server.timelineOf(device.deviceId)
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'device.leak-removed',
        data: { kind: 'biometric-record', occurrences: 3 },
      }),
    )
    const written = JSON.stringify(events) + server.log.join('')
    const { rows } = await server.db.pool.query<{ kept: string }>(
      'select p::text as kept from device_presence p where device_id = $1',
      [device.deviceId],
    )
    for (const part of [leak.slice(0, 16), hex.slice(0, 16)])
      expect(written + JSON.stringify(rows)).not.toContain(part)
  })
})

describe('facts of a check-in', () => {
  it('updates known facts and keeps what each changed from', async () => {
    await tell({ kernel: '6.1', storageFreeMb: 1000 })
    await tell({ storageFreeMb: 900, timeZone: 'Africa/Addis_Ababa' })
    expect(await factsAt()).toEqual({
      kernel: '6.1',
      storageFreeMb: 900,
      timeZone: 'Africa/Addis_Ababa',
    })
    const [newest, first] = await changesOf()
    expect(newest?.changes).toEqual([
      { name: 'timeZone', from: null, to: 'Africa/Addis_Ababa' },
      { name: 'storageFreeMb', from: 1000, to: 900 },
    ])
    expect(first?.changes).toContainEqual({ name: 'kernel', from: null, to: '6.1' })
  })

  it('changes nothing for unchanged facts or a check-in without facts', async () => {
    await tell({ kernel: '6.1' })
    await tell({ kernel: '6.1' })
    await device.checkIn()
    expect(await changesOf()).toHaveLength(1)
  })

  it('shows a device’s facts as of any past day', async () => {
    await server.advanceDays(1)
    await tell({ kernel: '6.1', memoryMb: 2048 })
    const first = server.now()
    await server.advanceDays(1)
    await tell({ kernel: '6.6', firmware: '7.2' })
    const second = server.now()
    await server.advanceDays(1)
    await tell({ kernel: '6.12' })
    expect(await factsAt(first)).toEqual({ kernel: '6.1', memoryMb: 2048 })
    expect(await factsAt(second)).toEqual({ kernel: '6.6', memoryMb: 2048, firmware: '7.2' })
    expect(await factsAt(first - 86_400_000)).toEqual({})
    const between = { from: new Date(first + 1).toISOString(), to: new Date(second).toISOString() }
    expect(await changesOf(between)).toHaveLength(1)
  })

  it('drops facts that look like biometric data, and records their kind but never their value', async () => {
    const leak = Buffer.concat([Buffer.from('FMR\0 20\0'), randomBytes(24)]).toString('base64')
    await tell({ kernel: leak, firmware: '7.2' })
    expect(await factsAt()).toEqual({ firmware: '7.2' })
    expect(await server.timelineOf(device.deviceId)).toContainEqual(
      expect.objectContaining({
        type: 'device.leak-removed',
        data: { kind: 'biometric-record', occurrences: 1 },
      }),
    )
    const { rows } = await server.db.pool.query<{ found: boolean }>(
      `select exists (select from device_facts where facts::text like $1)
        or exists (select from device_facts_change where changes::text like $1) as found`,
      [`%${leak.slice(0, 16)}%`],
    )
    expect(rows).toEqual([{ found: false }])
    expect(server.log.join('')).not.toContain(leak.slice(0, 16))
  })

  it('ignores facts of a suspended device, and texts that the database cannot store', async () => {
    await tell({ kernel: '6.1' })
    const odd = await device.makeCheckIn({}, {}, { facts: { kernel: 'six\0' } })
    expect((await server.door.post(odd.text)).status).toBe(401)
    await server.act(device.deviceId, 'suspend')
    expect(await tell({ kernel: '6.6' })).toMatchObject({ type: 'refusal' })
    expect(await factsAt()).toEqual({ kernel: '6.1' })
  })

  it('keeps fact changes for ninety days, and at most the newest thousand of a device', async () => {
    await tell({ kernel: '6.1' })
    await server.advanceDays(91)
    await device.server.db.pool.query(
      `insert into device_facts_change (device_id, at, changes)
       select $1, $2::timestamptz - n * interval '1 second', '{"memoryMb": [1, 2]}' from generate_series(1, 1500) n`,
      [device.deviceId, new Date(server.now())],
    )
    await forgetFactsChanges({ database: server.db.database, clock: server.now })
    expect(await countKept()).toBe(1000)
    expect((await changesOf({ limit: 200 })).every(({ changes }) => changes[0]?.to === 2)).toBe(
      true,
    )
    expect(await factsAt()).toMatchObject({ kernel: '6.1' })
  })
})

describe('the health of the fleet’s clocks', () => {
  it('counts registered devices by clock state and uncertainty', async () => {
    const read = () => new ClockHealthCounter(server.db.database, server.now).count()
    const before = await read()
    await tell({ clockState: 'ageing', clockUncertaintyMs: 2_500 })
    const after = await read()
    expect(after.states.ageing).toBe(before.states.ageing + 1)
    expect(after.states.unknown).toBe(before.states.unknown - 1)
    const upTo10s = (health: typeof after) =>
      health.uncertainty.find(({ upToMs }) => upToMs === 10_000)?.devices
    expect(upTo10s(after)).toBe((upTo10s(before) ?? 0) + 1)
  })
})

describe('a command with a maintenance window', () => {
  const hourAt = (at: number) => new Date(at).toISOString().slice(11, 16)
  const givenTo = async (sender: DeviceUnderTest): Promise<number> => {
    const message = await sender.make(
      'commands',
      { highest: 0, reports: [] },
      sender.asRegistered(),
      {},
    )
    const { type, body } = await server.door.ask(message)
    if (type !== 'commands-answer') throw new Error(type)
    return body.commands.length
  }

  it('waits for the maintenance window in the time zone that the device reported', async () => {
    await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
    const operatorId = await insertTestOperator(server.db, 'Sara', 'operator')
    const desk = new CommandDesk({ database: server.db.database, clock: server.now })
    const [from, to] = [hourAt(server.now() - HOUR_MS), hourAt(server.now() + HOUR_MS)]
    const order = {
      orderId: randomUUID(),
      deviceIds: [device.deviceId],
      command: { type: 'collect-information' as const, body: {} },
      maintenanceWindow: { days: [0, 1, 2, 3, 4, 5, 6], from, to },
    }
    await desk.order(order, operatorId)
    // Fourteen hours ahead of the window, which is open in Greenwich.
    await tell({ timeZone: 'Pacific/Kiritimati' })
    expect(await givenTo(device)).toBe(0)
    const { rows } = await server.db.pool.query(
      'select state, wake_at > $2 as waits from command where device_id = $1',
      [device.deviceId, new Date(server.now())],
    )
    expect(rows).toEqual([{ state: 'queued', waits: true }])
    await tell({ timeZone: 'Etc/UTC' })
    expect(await givenTo(device)).toBe(1)
  })
})
