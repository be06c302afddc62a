import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { CHANNEL_CLOSES, messageHash } from '@sanad/protocol/wire/envelope/channel'
import { describe, expect, it } from 'vitest'
import { IN_TIME, makeDevice, open, openDoor, processOf, server } from './live-channels.ts'
import { TestChannel } from './test-channel.ts'

/** Frames as a client library would never make them. */
const raw = (channel: TestChannel) =>
  (channel.socket as unknown as { readonly _socket: TLSSocket })._socket
const frame = (first: number, payload: string): Buffer =>
  Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)])
const TEXT = 0x01
const CONTINUED = 0x00
const PING = 0x89

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
    // The channel stays open: the server takes the genuine message.
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
