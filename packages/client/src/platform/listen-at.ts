import type { Server } from 'node:net'

/** @throws the system's error */
export function listenAt(server: Server, address: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, resolve)
  })
}
