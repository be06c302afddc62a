import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import { listenAt } from '../listen-at.ts'
import type { StatusDoor } from '../platform.ts'

/** A Unix socket in the state folder. */

const NAME = 'status.sock'
/** `sun_path` of Linux, less its closing zero. */
const LONGEST_PATH = 107

export const statusSocket: StatusDoor = {
  /** Only for the one client of this folder: a socket that exists already was left by a client that was killed. */
  listen: async (server, stateDirectory) => {
    const path = join(stateDirectory, NAME)
    if (Buffer.byteLength(path) > LONGEST_PATH)
      throw new SanadError('client.configuration-invalid', 'the path of stateDirectory is too long')
    await rm(path, { force: true })
    await listenAt(server, path)
    await chmod(path, 0o600)
  },
  find: (stateDirectory) => Promise.resolve(join(stateDirectory, NAME)),
}
