import { once } from 'node:events'
import { type AddressInfo, type Server, Socket, connect, createServer } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { Handshakes } from './handshakes.ts'

const open: Socket[] = []
let server: Server | undefined

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
  server?.close()
  vi.restoreAllMocks()
})

interface Begun {
  readonly all: string[]
  readonly raw: Socket[]
}

/** What was begun, by the first text of each connection. */
async function listen(isProven: (text: string) => boolean): Promise<Begun & { port: number }> {
  const begun: Begun = { all: [], raw: [] }
  const textOf = (raw: Socket): string => {
    const bytes = raw.read() as Buffer | null
    if (bytes !== null) raw.unshift(bytes)
    return String(bytes ?? '')
  }
  const handshakes = new Handshakes((raw) => isProven(textOf(raw)))
  server = createServer((raw) => {
    begun.raw.push(raw)
    handshakes.enter(raw, () => void begun.all.push(textOf(raw)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { ...begun, port: (server.address() as AddressInfo).port }
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  open.push(socket)
  await once(socket, 'connect')
  return socket
}

const IN_TIME = { timeout: 10_000 }

it('begins no handshake of a connection that says nothing', async () => {
  const { port, all, raw } = await listen(() => true)
  const socket = await dial(port)
  await vi.waitFor(() => expect(raw).toHaveLength(1), IN_TIME)
  expect(all).toEqual([])
  socket.write('hello')
  await vi.waitFor(() => expect(all).toEqual(['hello']), IN_TIME)
})

it('closes a connection that ends before it said anything', async () => {
  const { port, all, raw } = await listen(() => true)
  const socket = await dial(port)
  socket.end()
  await vi.waitFor(() => expect(raw[0]?.destroyed).toBe(true), IN_TIME)
  expect(all).toEqual([])
})

it('begins those of proven devices beside any number of others', async () => {
  const { port, all } = await listen((text) => text === 'device')
  const strangers = await Promise.all(Array.from({ length: 40 }, () => dial(port)))
  const device = await dial(port)
  for (const stranger of strangers) stranger.write('stranger')
  device.write('device')
  await vi.waitFor(() => expect(all).toHaveLength(41), IN_TIME)
})

it('cuts a connection whose turn comes later than its client should wait', async () => {
  const handshakes = new Handshakes(() => true)
  const spoken = Array.from({ length: 12 }, () => {
    const raw = new Socket()
    raw.push('hello')
    return raw
  })
  let begun = 0
  for (const raw of spoken) handshakes.enter(raw, () => void begun++)
  expect(begun).toBe(4)
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_000)
  await vi.waitFor(() => expect(spoken.slice(4).every((raw) => raw.destroyed)).toBe(true), IN_TIME)
  expect(begun).toBe(4)
})
