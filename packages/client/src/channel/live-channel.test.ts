import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { until } from '../../test/desk.ts'
import { makeAuthority } from '../../test/test-pki.ts'
import { TestServer } from '../../test/test-server.ts'
import { connectPinned } from '../server-link/pinned-connection.ts'
import { LiveChannel } from './live-channel.ts'

const root = makeAuthority('Management root')

function open(server: TestServer, pinned = root, times = {}) {
  const roots = [parseCertificate(pinned.der)]
  const clock = { isSet: false, now: () => Date.now(), floor: 0 }
  const url = new URL(server.url)
  const events: string[] = []
  const channel = new LiveChannel({
    url: new URL(`wss://127.0.0.1:${server.port}/device/v1/channel`),
    connect: (connected) => connectPinned({ url, roots, clock }, connected),
    isWanted: () => true,
    opened: () => events.push('opened'),
    wake: (hash) => events.push(hash),
    note: ({ kind }) => events.push(kind),
    random: () => 0.05,
    times,
  })
  const stopping = new AbortController()
  const running = channel.run(stopping.signal)
  const stop = async () => {
    stopping.abort()
    await running
  }
  return { channel, events, stop }
}

it('sends no byte of HTTP to a server that is not the pinned one', async () => {
  await using server = await TestServer.start({ root })
  const { events, stop, channel } = open(server, makeAuthority('Management root'))
  await until(() => events.filter((event) => event === 'closed').length >= 2)
  await stop()
  expect(server.channel.upgrades).toBe(0)
  expect(channel.isOpen).toBe(false)
})

it('detects a dead connection after two missed pings, at the server’s own interval', async () => {
  await using server = await TestServer.start({ root })
  const { events, stop } = open(server, root, { pingMs: 2_000 })
  await until(() => server.channel.isOpen)
  for (let beat = 0; beat < 3; beat++) {
    await wait(1_000)
    server.channel.ping()
  }
  // The pace is a second now: three of them are missed.
  const begin = performance.now()
  await until(() => events.includes('closed'))
  expect(performance.now() - begin).toBeLessThan(3_000)
  await stop()
})

it('delivers one message at a time, and none while it is closed', async () => {
  await using server = await TestServer.start({ root })
  const { channel, stop } = open(server)
  expect(await channel.deliver('x')).toBe('no-channel')
  await until(() => channel.isOpen)
  const both = await Promise.all([channel.deliver('one'), channel.deliver('two')])
  // Neither is a message, and each gets the refusal that is its own.
  expect(both).toMatchObject([
    { kind: 'problem', status: 401 },
    { kind: 'problem', status: 401 },
  ])
  await stop()
  expect(await channel.deliver('x')).toBe('no-channel')
})
