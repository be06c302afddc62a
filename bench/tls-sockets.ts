import { readFileSync } from 'node:fs'
import { type TLSSocket, createServer } from 'node:tls'

/** `node bench/tls-sockets.ts <key and certificate, PEM>`: holds TLS connections and nothing more. */

const pem = readFileSync(process.argv[2] ?? '')
const held = new Set<TLSSocket>()
const server = createServer({ key: pem, cert: pem, minVersion: 'TLSv1.2' }, (socket) => {
  held.add(socket)
  socket.on('data', () => {})
  socket.on('error', () => held.delete(socket))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
