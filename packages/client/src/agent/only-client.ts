import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * Two clients with one state folder would give two messages the same number. An abstract socket is the lock: the
 * kernel frees it when the process dies, and it leaves no file behind.
 */
export async function beOnlyClient(stateDirectory: string): Promise<AsyncDisposable> {
  const digest = createHash('sha256')
    .update(await realpath(stateDirectory))
    .digest('hex')
  const server = createServer((socket) => socket.destroy())
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error) => {
    const isTaken = 'code' in error && error.code === 'EADDRINUSE'
    reject(isTaken ? new SanadError('client.already-running', stateDirectory) : error)
  })
  server.listen(`\0sanad-client-${digest}`, resolve)
  await promise
  server.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      await new Promise((closed) => {
        server.close(closed)
      })
    },
  }
}
