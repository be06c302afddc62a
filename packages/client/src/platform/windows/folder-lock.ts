import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../system-errors.ts'

/**
 * A file that is open for one process only, whatever session, container or name of the folder it comes by. Windows
 * closes it when the process dies.
 */

const NAME = 'lock'
/** UV_FS_O_EXLOCK of libuv: shared with no other process, dwShareMode 0 of CreateFile. */
const EXCLUSIVE = 0x1000_0000

export async function lockFolder(folder: string): Promise<AsyncDisposable | undefined> {
  let file: FileHandle
  try {
    file = await open(join(folder, NAME), constants.O_RDWR | constants.O_CREAT | EXCLUSIVE)
  } catch (error) {
    if (hasCode(error, 'EBUSY')) return undefined
    throw error
  }
  return { [Symbol.asyncDispose]: () => file.close() }
}
