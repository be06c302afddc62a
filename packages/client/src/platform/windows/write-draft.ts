import { open } from 'node:fs/promises'

/** A new file, flushed. */
export async function writeDraft(path: string, content: string): Promise<void> {
  await using file = await open(path, 'w')
  await file.writeFile(content)
  await file.sync()
}
