import { chmod, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * A lock of the kernel on a file of the folder (fcntl(2)), taken by the SQLite that is part of Node, because Node itself
 * has no call for it. docs/adr/0050
 *
 * The lock belongs to the file and not to a name, so no namespace, container or second path to the folder hides it;
 * and the kernel frees it when the process dies, however it dies. The file stays, empty.
 */

const FILE = 'lock'
/** https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5

/** @returns undefined when another process has it. @throws SanadError `client.storage-failed` */
export async function lockFolder(folder: string): Promise<AsyncDisposable | undefined> {
  const path = join(await realpath(folder), FILE)
  const database = openLock(path)
  if (database === undefined) return undefined
  await chmod(path, 0o600)
  return { [Symbol.asyncDispose]: () => Promise.resolve(database.close()) }
}

function openLock(path: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    // The journal in memory, so that no second file is made. Nothing is ever written.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA cache_size = 1; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    if (codeOf(error) === SQLITE_BUSY) return undefined
    throw new SanadError('client.storage-failed', path, { cause: error })
  }
}

/** The low octet of SQLite’s extended result codes is the code. */
const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
