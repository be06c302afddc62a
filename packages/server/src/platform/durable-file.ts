import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** All or nothing, and on disk when it returns: a reader sees the old file or the new one. */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const staging = `${path}.${process.pid}.new`
  const file = await open(staging, 'w', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } catch (error) {
    await rm(staging, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await rename(staging, path)
  const directory = await open(dirname(path), 'r')
  await directory.sync()
  await directory.close()
}
