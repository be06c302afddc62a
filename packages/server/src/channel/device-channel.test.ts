import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { DeviceChannel } from './device-channel.ts'

const LONG = 'a'.repeat(60_000)

let server: ReturnType<typeof listen> | undefined

afterEach(() => {
  for (const channel of server?.clients ?? []) channel.terminate()
  server?.close()
})

const listen = () => new WebSocketServer({ host: '127.0.0.1', port: 0, WebSocket: DeviceChannel })

/** Both ends of one. */
async function open() {
  server = listen()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const heard: string[] = []
  client.on('message', (data: Buffer, isBinary) =>
    heard.push(isBinary ? '(binary)' : data.toString('utf8')),
  )
  const [[channel]] = await Promise.all([
    once(server, 'connection') as Promise<[DeviceChannel]>,
    once(client, 'open'),
  ])
  return { channel, client, heard }
}

describe('a channel', () => {
  it('sends long and short texts whole and in order, even when more come while it sends', async () => {
    const { channel, heard } = await open()
    const texts = [LONG, 'wake one', '', `${LONG}é`, 'x'.repeat(1_500), 'wake two']
    for (const text of texts) channel.say(text)
    await expect.poll(() => heard.length).toBe(texts.length)
    expect(heard).toEqual(texts)
    // Nothing is kept of what was said.
    expect(channel.unsaid).toBeUndefined()
  })

  it('answers a ping in the middle of a long text', async () => {
    const { channel, client, heard } = await open()
    channel.say(LONG)
    client.ping()
    await once(client, 'pong')
    await expect.poll(() => heard).toEqual([LONG])
  })

  it('finishes what it was sending, sends its last word, closes, and sends nothing more', async () => {
    const { channel, client, heard } = await open()
    channel.say(LONG)
    channel.sayAndClose('goodbye', 1008)
    channel.say('too late')
    const [code] = (await once(client, 'close')) as [number]
    expect(code).toBe(1008)
    expect(heard).toEqual([LONG, 'goodbye'])
  })

  it('cuts a channel whose client leaves more than 256 KiB unread', async () => {
    const { channel, client } = await open()
    client.pause()
    // What the kernel takes does not wait here.
    for (let said = 0; said < 400 && channel.readyState === WebSocket.OPEN; said++) {
      channel.say(LONG)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(channel.readyState).not.toBe(WebSocket.OPEN)
  })
})
