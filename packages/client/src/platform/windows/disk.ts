import { open, rename, rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Disk } from '../platform.ts'
import { hasCode, isMissing } from '../system-errors.ts'

/**
 * What Windows promises: FlushFileBuffers makes the bytes of a file durable and, with the file system's own record
 * of the file, the name that it has then. A folder cannot be flushed, so a removal is never known to be on disk:
 * a secret is cut to nothing and flushed before its name goes. docs/power-cuts.md has the model.
 */
export const windowsDisk: Disk = {
  // A link to a folder is a folder there, and none can be put in the place of another.
  turnsLinks: false,
  replace: async (draft, path) => {
    await retryWhileHeld(() => rename(draft, path))
    await flushFile(path)
  },
  flushFolder: () => Promise.resolve(),
  erase,
}

async function flushFile(path: string): Promise<void> {
  // FlushFileBuffers wants the right to write.
  await using file = await retryWhileHeld(() => open(path, 'r+'))
  await file.sync()
}

async function erase(path: string): Promise<void> {
  try {
    await using file = await retryWhileHeld(() => open(path, 'r+'))
    await file.truncate(0)
    await file.sync()
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  await retryWhileHeld(() => rm(path, { force: true }))
}

/** A virus scanner or a backup that has the file open just now. */
const HELD = ['EPERM', 'EACCES', 'EBUSY']
const FIRST_PAUSE_MS = 10
/** 10 ms, doubled eight times: two and a half seconds in all; what holds a file longer is trouble to be told. */
const MOST_RETRIES = 8

export async function retryWhileHeld<T>(work: () => Promise<T>): Promise<T> {
  for (let retry = 0; ; retry++)
    try {
      return await work()
    } catch (error) {
      if (retry >= MOST_RETRIES || !hasCode(error, ...HELD)) throw error
      await wait(FIRST_PAUSE_MS * 2 ** retry)
    }
}
