import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { type TLSSocket, connect } from 'node:tls'
import {
  CHANNEL_CLOSES,
  messageHash,
  readWake,
  subjectHash,
} from '@sanad/protocol/wire/envelope/channel'
import { openAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { DeviceCertificateIssuer } from '../src/certificates/device-certificate-issuer.ts'
import type { ChannelLimits } from '../src/channel/channel-limits.ts'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'
import { settleOrders } from '../src/rotation/settle-orders.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { TestChannel } from './test-channel.ts'
import { insertTestOperator } from './test-portal.ts'
import { type Door, SERVER_ID, type TestServer, startTestServer } from './test-server.ts'

/** The live channel over real sockets: what it carries, whom it wakes, and what it does not put up with. */

let server: TestServer
let desk: CommandDesk
let operatorId: string
let makeDevice: () => Promise<DeviceUnderTest>
beforeAll(async () => {
  server = await startTestServer()
  await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
  desk = new CommandDesk({ database: server.db.database, clock: server.now })
  operatorId = await insertTestOperator(server.db, 'Sara', 'operator')
  const ftm = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  makeDevice = async () => {
    const device = await DeviceUnderTest.makeL1(server, model, ftm)
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    return device
  }
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

const openDoor = (limits: Partial<ChannelLimits>): Promise<Door> =>
  server.openDoor((parts) => new DeviceCertificateIssuer(parts), limits)

const open = (text: string, sent: SentRequest) =>
  openAnswer(text, sent, {
    managementRoots: [server.trust.root.certificate],
    issuer: SERVER_ID,
    now: server.now(),
    window: 300_000,
  })

const order = ({ deviceId }: DeviceUnderTest) =>
  desk.order(
    {
      orderId: randomUUID(),
      deviceIds: [deviceId],
      command: { type: 'collect-information', body: {} },
    },
    operatorId,
  )

/** Frames as a client library would never make them. */
const raw = (channel: TestChannel) =>
  (channel.socket as unknown as { readonly _socket: TLSSocket })._socket
const frame = (first: number, payload: string): Buffer =>
  Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)])
const TEXT = 0x01
const CONTINUED = 0x00
const PING = 0x89

/** Who is connected is written once a second. */
const IN_TIME = { timeout: 5_000 }

/** More than the clock of this server gets ahead of the database’s. */
const AHEAD = { timeout: 20_000 }

/** In the table that the portal reads. */
async function processOf({ deviceId }: DeviceUnderTest): Promise<string | undefined> {
  const { rows } = await server.db.pool.query<{ process_id: string }>(
    'select process_id from channel_device where device_id = $1',
    [deviceId],
  )
  return rows[0]?.process_id
}

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

describe('what a live channel refuses', () => {
  it('refuses an unauthentic message on a channel without revealing the reason', async () => {
    const device = await makeDevice()
    await using channel = await TestChannel.open(server)
    const genuine = await device.makeCheckIn()
    const altered = `${genuine.text.slice(0, -6)}AAAAAA`
    for (const text of ['nonsense', altered])
      expect(JSON.parse(await channel.ask(text))).toEqual({
        type: 'urn:sanad:problem:request.not-authentic',
        title: 'The message could not be authenticated.',
        status: 401,
        code: 'request.not-authentic',
        message: messageHash(text),
      })
    expect(server.door.channels.hub.isConnected(device.deviceId)).toBe(false)
    // It goes on: the genuine one is taken.
    expect(open(await channel.ask(genuine), genuine)).toMatchObject({ type: 'check-in-answer' })
  })

  it('refuses channel frames that are not text', async () => {
    await using channel = await TestChannel.open(server)
    channel.socket.send(Buffer.from('bytes'))
    expect(await channel.closed()).toBe(CHANNEL_CLOSES.notText)
  })

  it('refuses channel texts above 64 KiB', async () => {
    await using channel = await TestChannel.open(server)
    channel.send('x'.repeat(65_537))
    expect(await channel.closed()).toBe(1009)
  })

  it('refuses a channel message in too many fragments', async () => {
    await using channel = await TestChannel.open(server)
    raw(channel).write(
      Buffer.concat([frame(TEXT, 'a'), ...Array.from({ length: 20 }, () => frame(CONTINUED, 'a'))]),
    )
    expect(await channel.closed()).toBe(1008)
  })

  it('closes a channel that floods the server with pings', async () => {
    await using channel = await TestChannel.open(server)
    raw(channel).write(Buffer.concat(Array.from({ length: 2_000 }, () => frame(PING, ''))))
    // Too many at once, or too many unread answers to them: which bound is met first is the network's to say. The
    // second one ends the connection without a word.
    expect([CHANNEL_CLOSES.flooded, 1006]).toContain(await channel.closed())
  })

  it('closes the oldest silent channel when too many are silent', async () => {
    const door = await openDoor({ mostUnheard: 2 })
    await using first = await TestChannel.open(server, door)
    await using second = await TestChannel.open(server, door)
    await using third = await TestChannel.open(server, door)
    expect(await first.closed()).toBe(1006)
    expect([second.closedWith, third.closedWith]).toEqual([undefined, undefined])
    expect(await third.ask('nonsense')).toContain('request.not-authentic')
    await door.close()
  })

  it('closes a channel without an authentic message in time', async () => {
    const door = await openDoor({ pingEveryMs: 1_200, authenticateWithinMs: 1_500 })
    const device = await makeDevice()
    await using silent = await TestChannel.open(server, door)
    await using heard = await TestChannel.open(server, door)
    await heard.ask(await device.makeCheckIn())
    expect(await silent.closed()).toBe(CHANNEL_CLOSES.notAuthenticated)
    await pause(500)
    expect(heard.closedWith).toBeUndefined()
    await door.close()
  })

  it('closes a channel that floods the server, and notes it with its devices', async () => {
    const device = await makeDevice()
    await using channel = await TestChannel.open(server)
    await channel.ask(await device.makeCheckIn())
    for (let sent = 0; sent < 150; sent++) channel.send('nonsense')
    expect(await channel.closed()).toBe(CHANNEL_CLOSES.flooded)
    expect(channel.heard.at(-1)).toContain('"channel.flooded"')
    const refused = (await server.timelineOf(device.deviceId)).map(({ data }) => data)
    expect(refused).toContainEqual({ code: 'channel.flooded', occurrences: 1 })
  })

  it('refuses a second message of a device that waits for an answer', async () => {
    const device = await makeDevice()
    await using channel = await TestChannel.open(server)
    const [first, second] = [await device.makeCheckIn(), await device.makeCheckIn()]
    channel.send(first)
    channel.send(second)
    expect(await channel.closed()).toBe(CHANNEL_CLOSES.flooded)
    const { presence } = await server.recordOf(device.deviceId)
    expect(presence?.last_mid).not.toBe(second.mid)
  })

  it('refuses channels above the limit, per address and in total', async () => {
    const door = await openDoor({ mostPerAddress: 2 })
    await using one = await TestChannel.open(server, door)
    await using _two = await TestChannel.open(server, door)
    await expect(TestChannel.open(server, door)).rejects.toThrow('429')
    await one[Symbol.asyncDispose]()
    await expect.poll(() => door.channels.hub.channels, IN_TIME).toBe(1)
    await using _three = await TestChannel.open(server, door)
    await door.close()
    const full = await openDoor({ mostChannels: 0 })
    await expect(TestChannel.open(server, full)).rejects.toThrow('503')
    await full.close()
  })

  it('refuses a channel at another path or with an Origin', async () => {
    const { door } = server
    await expect(TestChannel.open(server, door, { path: '/device/v1/other' })).rejects.toThrow(
      '404',
    )
    await expect(
      TestChannel.open(server, door, { headers: { origin: 'https://example.test' } }),
    ).rejects.toThrow('400')
    expect((await door.post('nonsense')).status).toBe(401)
  })
})

describe('TLS of the one port', () => {
  const ask = (ALPNProtocols: string[] | undefined) =>
    connect({ port: server.door.port, host: 'localhost', ca: server.trust.rootPem, ALPNProtocols })

  it('speaks HTTP/1.1 with clients that offer it or offer nothing', async () => {
    for (const [offered, spoken] of [
      [['h2', 'http/1.1'], 'http/1.1'],
      [undefined, false],
    ] as const) {
      const socket = ask(offered === undefined ? undefined : [...offered])
      await once(socket, 'secureConnect')
      expect(socket.alpnProtocol).toBe(spoken)
      socket.destroy()
    }
  })

  it('refuses TLS clients that offer only other protocols', async () => {
    const [error] = (await once(ask(['h2']), 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
  })
})

describe('a live channel that ends', () => {
  it('closes a channel whose client misses two pings', async () => {
    const door = await openDoor({ pingEveryMs: 240 })
    await using silent = await TestChannel.open(server, door, { autoPong: false })
    await using awake = await TestChannel.open(server, door)
    expect(await silent.closed()).toBe(1006)
    await pause(300)
    expect(awake.closedWith).toBeUndefined()
    await door.close()
  })

  it('closes channels with “going away” when the server stops', async () => {
    const device = await makeDevice()
    const door = await openDoor({})
    await using channel = await TestChannel.open(server, door)
    await channel.ask(await device.makeCheckIn())
    await expect.poll(() => processOf(device), IN_TIME).toBe(door.channels.connected.processId)
    await door.close()
    expect(await channel.closed()).toBe(CHANNEL_CLOSES.goingAway)
    expect(await processOf(device)).toBeUndefined()
  })

  it('removes the channels of a dead process from another one', async () => {
    const device = await makeDevice()
    const [dead] = (
      await server.db.pool.query<{ process_id: string }>(
        `insert into channel_process (process_id, seen_at)
         values (gen_random_uuid(), now() - interval '3 minutes') returning process_id`,
      )
    ).rows
    await server.db.pool.query('insert into channel_device values ($1, $2, now())', [
      device.deviceId,
      dead?.process_id,
    ])
    await (await openDoor({})).close()
    expect(await processOf(device)).toBeUndefined()
  })
})
