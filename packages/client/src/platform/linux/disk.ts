import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Disk } from '../platform.ts'

/** POSIX: a rename is only as durable as its folder, so the folder is flushed too. */
export const linuxDisk: Disk = {
  turnsLinks: true,
  replace: async (draft, path) => {
    await rename(draft, path)
    await flushFolder(dirname(path))
  },
  flushFolder,
  erase: (path) => rm(path, { force: true }),
}

async function flushFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
