import { readFileSync } from 'node:fs'
import { type AddressInfo, type ListenOptions, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { listListeners, readTable } from './listening-ports.ts'

const FIELD = join(import.meta.dirname, '../../../test/field/mock')

async function openServer(options: ListenOptions) {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(options, resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve)
    })
  return { port, range: { from: port, to: port }, close }
}

const idAt = async (port: number) => (await listListeners({ from: port, to: port }))?.[0]?.id

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['::, as Java and Node do', '::'],
  ['127.0.0.1 by way of IPv6', '::ffff:127.0.0.1'],
])('lists a port while a program listens on %s, and no longer', async (_, host) => {
  const { port, range, close } = await openServer({ host, port: 0 })
  expect(await listListeners(range)).toMatchObject([{ port, isAtLoopback: true }])
  const next = await listListeners({ from: port + 1, to: port + 1 })
  expect(next?.some((listener) => listener.port === port)).toBe(false)
  await close()
  expect(await listListeners(range)).toEqual([])
})

it('tells a program that was started again from the one before it', async () => {
  const first = await openServer({ host: '::', port: 0 })
  const before = await idAt(first.port)
  await first.close()
  const second = await openServer({ host: '::', port: first.port })
  expect(await idAt(first.port)).not.toBe(before)
  await second.close()
})

it('says of a program that listens on ::1 alone that 127.0.0.1 does not reach it', async () => {
  const { range, close } = await openServer({ host: '::1', port: 0 })
  expect(await listListeners(range)).toMatchObject([{ isAtLoopback: false }])
  await close()
})

it('reads only listening sockets from the table', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1195 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:1196 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 2 1
`
  expect(readTable(table)).toEqual([{ port: 4501, id: '1', isAtLoopback: true }])
  expect(readTable('')).toEqual([])
})

it('sees a Java program in the table of IPv6, where alone it stands', () => {
  const [four, six] = ['tcp', 'tcp6'].map((table) =>
    readTable(readFileSync(join(FIELD, `proc-net-${table}-java-listener.txt`), 'utf8')),
  )
  expect(four).toEqual([])
  expect(six).toMatchObject([
    { port: 4501, isAtLoopback: true },
    { port: 0x20fb, isAtLoopback: true },
  ])
})
