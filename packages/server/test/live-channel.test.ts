import { randomUUID } from 'node:crypto'
import { readWake, subjectHash } from '@sanad/protocol/wire/envelope/channel'
import { describe, expect, it } from 'vitest'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'
import { settleOrders } from '../src/rotation/settle-orders.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import {
  desk,
  IN_TIME,
  makeDevice,
  open,
  openDoor,
  operatorId,
  processOf,
  server,
} from './live-channels.ts'
import { TestChannel } from './test-channel.ts'

/** The live channel over real sockets: what it carries, whom it wakes, and what it does not put up with. */

const order = ({ deviceId }: DeviceUnderTest) =>
  desk.order(
    {
      orderId: randomUUID(),
      deviceIds: [deviceId],
      command: { type: 'collect-information', body: {} },
    },
    operatorId,
  )

/** More than the clock of this server gets ahead of the database’s. */
const AHEAD = { timeout: 20_000 }

const isWakeOf = ({ identity }: DeviceUnderTest) => {
  const wanted = subjectHash(identity)
  return (text: string): boolean => readWake(text) === wanted
}

describe('a live channel', () => {
  it('answers messages on a channel like the HTTP endpoint, and shows the device as connected', async () => {
    const device = await makeDevice()
    {
      await using channel = await TestChannel.open(server)
      const checkIn = await device.makeCheckIn()
      expect(open(await channel.ask(checkIn), checkIn)).toMatchObject({ type: 'check-in-answer' })
      expect(await device.server.recordOf(device.deviceId)).toMatchObject({
        presence: { device_status: 'Ready' },
      })
      await expect
        .poll(() => processOf(device), IN_TIME)
        .toBe(server.door.channels.connected.processId)
    }
    await expect.poll(() => processOf(device), IN_TIME).toBeUndefined()
  })

  it('wakes a device at once when any server takes a command for it', async () => {
    const [device, other] = [await makeDevice(), await makeDevice()]
    const elsewhere = await openDoor({})
    await using channel = await TestChannel.open(server, elsewhere)
    await channel.ask(await device.makeCheckIn())
    await channel.ask(await other.makeCheckIn())
    await order(device)
    await channel.until(() => channel.heard.some(isWakeOf(device)))
    const commands = await device.make(
      'commands',
      { highest: 0, reports: [] },
      device.asRegistered(),
      {},
    )
    const answer = open(await channel.ask(commands), commands)
    expect(answer).toMatchObject({ type: 'commands-answer', body: { more: false } })
    // Only the one that is meant.
    expect(channel.heard.filter(isWakeOf(other))).toEqual([])
    await elsewhere.close()
  })

  it('wakes a device once for a rotation order', async () => {
    const device = await makeDevice()
    await using channel = await TestChannel.open(server)
    await channel.ask(await device.makeCheckIn())
    const orders = new RotationOrders({
      database: server.db.database,
      pace: { forRotations: 10 },
      clock: server.now,
    })
    await orders.give(
      { deviceIds: [device.deviceId], reason: 'policy', withinHours: 0 },
      operatorId,
    )
    await settleOrders({ database: server.db.database, clock: server.now })
    await channel.until(() => channel.heard.some(isWakeOf(device)))
    const askForCommands = async () => {
      const question = await device.make(
        'commands',
        { highest: 0, reports: [] },
        device.asRegistered(),
        {},
      )
      return open(await channel.ask(question), question)
    }
    expect(await askForCommands()).toMatchObject({ body: { commands: [], checkInNow: true } })
    const checkIn = async () => {
      const sent = await device.makeCheckIn()
      return open(await channel.ask(sent), sent)
    }
    expect(await checkIn()).toMatchObject({ body: { rotation: { reason: 'ordered' } } })
    // The database notes check-ins by its own clock. That of this server is ahead by 600 ms for each message of this
    // file: see DeviceUnderTest.
    await expect
      .poll(async () => {
        await checkIn()
        return (await askForCommands()).body
      }, AHEAD)
      .not.toHaveProperty('checkInNow')
  })

  it('wakes a device whose commands were already waiting', async () => {
    const device = await makeDevice()
    await order(device)
    await using channel = await TestChannel.open(server)
    await channel.ask(await device.makeCheckIn())
    await channel.until(() => channel.heard.some(isWakeOf(device)))
  })

  it('wakes devices whose commands came while the database connection was lost', async () => {
    const device = await makeDevice()
    await using channel = await TestChannel.open(server)
    await channel.ask(await device.makeCheckIn())
    await server.db.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'sanad-channel' and datname = current_database()`,
    )
    await order(device)
    await channel.until(() => channel.heard.some(isWakeOf(device)))
  })

  it('moves a device to the channel of its latest message', async () => {
    const device = await makeDevice()
    const elsewhere = await openDoor({})
    const former = await TestChannel.open(server)
    await former.ask(await device.makeCheckIn())
    await using channel = await TestChannel.open(server, elsewhere)
    await channel.ask(await device.makeCheckIn())
    const { processId } = elsewhere.channels.connected
    await expect.poll(() => processOf(device), IN_TIME).toBe(processId)
    await former[Symbol.asyncDispose]()
    await server.door.channels.connected.write()
    expect(await processOf(device)).toBe(processId)
    await elsewhere.close()
    expect(await processOf(device)).toBeUndefined()
  })
})
