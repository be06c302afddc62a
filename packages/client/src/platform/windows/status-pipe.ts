import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listenAt } from '../listen-at.ts'
import type { StatusDoor } from '../platform.ts'

/**
 * A named pipe. Its name is another at each start and stands in the state folder, so that no other program has it
 * first. Every account may open a pipe for reading; only administrators, SYSTEM and the client's own account may
 * write to it, and the client answers only who wrote.
 */

const NAME = 'status.pipe'
const PIPES = '\\\\.\\pipe\\'

export const statusPipe: StatusDoor = {
  listen: async (server, stateDirectory) => {
    const pipe = `sanad-client-${randomBytes(16).toString('hex')}`
    await listenAt(server, PIPES + pipe)
    // Nothing depends on it after a power cut: the next start writes another.
    await writeFile(join(stateDirectory, NAME), pipe)
  },
  find: async (stateDirectory) => {
    const pipe = await readFile(join(stateDirectory, NAME), 'utf8')
    if (!/^sanad-client-[0-9a-f]{32}$/.test(pipe)) throw new Error('not the name of a pipe')
    return PIPES + pipe
  },
}
