import { type Server, connect, createServer } from 'node:net'

/** MDS 0.9.5 › Windows/Linux: 127.0.0.1 and not localhost, any free port from 4501 to 4600. */
export const HOST = '127.0.0.1'
const FIRST_PORT = 4501
const LAST_PORT = 4600

/** Where an SBI, or what stands before one, listens: on `first`, or the first port of the range that is free. */
export async function listenAsSbi(
  first?: number,
): Promise<{ readonly server: Server; readonly port: number }> {
  for (const port of candidatePorts(first)) {
    const server = createServer()
    if (await canListen(server, port)) return { server, port }
  }
  throw new Error(`no free port from ${FIRST_PORT} to ${LAST_PORT}`)
}

function* candidatePorts(first?: number): Generator<number> {
  if (first !== undefined) yield first
  for (let port = FIRST_PORT; port <= LAST_PORT; port++) if (port !== first) yield port
}

function canListen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(port, HOST, () => resolve(true))
  })
}

/** Sends these bytes. @returns all that comes until the other side closes */
export function askOnLoopback(port: number, question: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, HOST, () => socket.write(question))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('error', reject)
    socket.once('close', () => resolve(Buffer.concat(chunks)))
  })
}
