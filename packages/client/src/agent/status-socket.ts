import { connect, createServer } from 'node:net'
import { PLATFORM } from '../platform/platform.ts'
import type { StatusReport } from './status-report.ts'

/** Where a running client reports its status. It takes no orders. */

const PATIENCE_MS = 5_000
const LARGEST_STATUS = 1024 * 1024
/** On Windows every account may read from a pipe and only administrators write to it: the asker shows that it may. */
const QUESTION = '\n'

export async function serveStatus(
  stateDirectory: string,
  report: () => StatusReport,
): Promise<AsyncDisposable> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    socket.once('data', () => socket.end(JSON.stringify(report())))
  })
  await PLATFORM.statusDoor.listen(server, stateDirectory)
  server.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      await new Promise((closed) => {
        server.close(closed)
      })
    },
  }
}

/** @returns undefined when no client is running */
export async function askStatus(stateDirectory: string): Promise<StatusReport | undefined> {
  const address = await PLATFORM.statusDoor.find(stateDirectory).catch(() => undefined)
  return address === undefined ? undefined : ask(address)
}

function ask(address: string): Promise<StatusReport | undefined> {
  const { promise, resolve } = Promise.withResolvers<StatusReport | undefined>()
  const socket = connect(address, () => socket.write(QUESTION))
  let text = ''
  socket.setEncoding('utf8')
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.on('data', (chunk: string) => {
    text += chunk
    if (text.length > LARGEST_STATUS) socket.destroy()
  })
  socket.on('error', () => resolve(undefined))
  socket.on('end', () => resolve(parse(text)))
  socket.on('close', () => resolve(undefined))
  return promise
}

function parse(text: string): StatusReport | undefined {
  try {
    return JSON.parse(text) as StatusReport
  } catch {
    return undefined
  }
}
