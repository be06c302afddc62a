import { chmod, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import type { StatusReport } from './status-report.ts'

/** Where a running client reports its status: a Unix socket in the state folder. It takes no orders. */

const NAME = 'status.sock'
/** `sun_path` of Linux, less its closing zero. */
const LONGEST_PATH = 107
const PATIENCE_MS = 5_000
const LARGEST_STATUS = 1024 * 1024

/** Only for the one client of this folder: a socket that exists already was left by a client that was killed. */
export async function serveStatus(
  stateDirectory: string,
  report: () => StatusReport,
): Promise<AsyncDisposable> {
  const path = join(stateDirectory, NAME)
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new SanadError('client.configuration-invalid', 'the path of stateDirectory is too long')
  await rm(path, { force: true })
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(JSON.stringify(report()))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
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
export function askStatus(stateDirectory: string): Promise<StatusReport | undefined> {
  const { promise, resolve } = Promise.withResolvers<StatusReport | undefined>()
  const socket = connect(join(stateDirectory, NAME))
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
