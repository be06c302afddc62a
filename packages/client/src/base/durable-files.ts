import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PLATFORM } from '../platform/platform.ts'
import { isMissing } from '../platform/system-errors.ts'
import { writeNewFile } from '../platform/write-new-file.ts'

/**
 * Files that hold the old content or the new one, whole, also after a power cut: written beside, flushed, put in
 * place in one step, and that step made durable as the operating system allows.
 */

export { PRIVATE_FILE, writeNewFile } from '../platform/write-new-file.ts'

const DRAFT = '.draft'

export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = draftOf(path)
  await writeNewFile(draft, content)
  await PLATFORM.disk.replace(draft, path)
}

export const draftOf = (path: string): string => `${path}${DRAFT}`

export const flushFolder = (path: string): Promise<void> => PLATFORM.disk.flushFolder(path)

/** Removes a file with a secret and the draft of one; no power cut brings either back. */
export async function eraseFile(path: string): Promise<void> {
  for (const name of [path, draftOf(path)]) await PLATFORM.disk.erase(name)
  await flushFolder(dirname(path)).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/** Removes what a run left that was killed between writing beside and renaming. */
export async function removeDrafts(folder: string): Promise<void> {
  const names = await readdir(folder)
  await Promise.all(
    names.filter((name) => name.endsWith(DRAFT)).map((name) => rm(join(folder, name))),
  )
}
