import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hasCode } from '../system-errors.ts'

/** An abstract socket is the lock: the kernel frees it when the process dies, and it leaves no file behind. */
export async function lockFolder(folder: string): Promise<AsyncDisposable | undefined> {
  const digest = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
  const server = createServer((socket) => socket.destroy())
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  server.once('error', (error) => {
    if (hasCode(error, 'EADDRINUSE')) resolve(false)
    else reject(error)
  })
  server.listen(`\0sanad-client-${digest}`, () => resolve(true))
  if (!(await promise)) return undefined
  server.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      await new Promise((closed) => {
        server.close(closed)
      })
    },
  }
}
