import { type AddressInfo, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { listListeningPorts, readTable } from './listening-ports.ts'

it('lists a port while a program listens on it, and no longer', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const range = { from: port, to: port }
  expect(await listListeningPorts(range)).toEqual([port])
  expect(await listListeningPorts({ from: port + 1, to: port + 1 })).not.toContain(port)
  await new Promise((resolve) => {
    server.close(resolve)
  })
  expect(await listListeningPorts(range)).toEqual([])
})

it('reads only listening sockets from the table', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1195 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:1196 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 2 1
`
  expect(readTable(table)).toEqual([4501])
  expect(readTable('')).toEqual([])
})
