import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PLATFORM } from '../platform/platform.ts'

/**
 * Files that hold the old content or the new one, whole, also after a power cut: written beside, flushed, put in
 * place in one step, and that step made durable as the operating system allows.
 */

export const PRIVATE_FILE = 0o600
const DRAFT = '.draft'

export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = draftOf(path)
  await writeNewFile(draft, content)
  await PLATFORM.disk.replace(draft, path)
}

/** A file that no reader knows yet; it overwrites what a killed run left of one. */
export async function writeNewFile(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w', PRIVATE_FILE)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

export const draftOf = (path: string): string => `${path}${DRAFT}`

export const flushFolder = (path: string): Promise<void> => PLATFORM.disk.flushFolder(path)

/** Removes what a run left that was killed between writing beside and renaming. */
export async function removeDrafts(folder: string): Promise<void> {
  const names = await readdir(folder)
  await Promise.all(
    names.filter((name) => name.endsWith(DRAFT)).map((name) => rm(join(folder, name))),
  )
}
