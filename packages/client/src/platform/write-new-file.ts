import { open } from 'node:fs/promises'

export const PRIVATE_FILE = 0o600

/** A file that no reader knows yet, flushed; it overwrites what a killed run left of one. */
export async function writeNewFile(path: string, content: string | Uint8Array): Promise<void> {
  await using file = await open(path, 'w', PRIVATE_FILE)
  await file.writeFile(content)
  await file.sync()
}
