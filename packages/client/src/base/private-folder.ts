import { dirname, resolve } from 'node:path'
import { PLATFORM } from '../platform/platform.ts'
import { flushFolder } from './durable-files.ts'

/** Folders and files that only the client's own account can read: checked each time, not assumed. */

/** Makes the folder if there is none. @throws SanadError `client.permissions-too-open` */
export async function openPrivateFolder(path: string): Promise<void> {
  const first = await PLATFORM.access.makePrivateFolder(path)
  if (first !== undefined) await flushNew(first, path)
  await PLATFORM.access.requirePrivateFolder(path)
}

/** Flushes the parent: a power cut loses a new folder, and all in it, until its own name is on disk. */
async function flushNew(first: string, last: string): Promise<void> {
  const end = resolve(first).length
  for (let made = resolve(last); made.length >= end; made = dirname(made))
    await flushFolder(dirname(made))
}

/** A folder of another program, such as the chip's driver, in which no third account can create files. */
export const requireTrustedFolder = (path: string): Promise<void> =>
  PLATFORM.access.requireTrustedFolder(path)

/** A file that decides what this client runs: its owner is the client or the system's administrator. */
export const requireTrustedFile = (path: string): Promise<void> =>
  PLATFORM.access.requireTrustedFile(path)

/** The content of a file that only the owner can read; a link in its place is not followed. */
export const readPrivateFile = (path: string): Promise<Buffer> =>
  PLATFORM.access.readPrivateFile(path)

export { isMissing } from '../platform/system-errors.ts'
