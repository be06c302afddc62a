import { statSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Account } from './account.ts'

/** Folders that PostgreSQL’s account can enter, and nobody else can read. */

/** Linux: sun_path has 108 bytes, and PostgreSQL adds `/.s.PGSQL.5432`. */
const LONGEST_SOCKET_DIRECTORY = 85

/**
 * The folder on the way to `path` that the account of PostgreSQL cannot enter: a checkout below /root, say.
 *
 * @returns undefined where it can enter all of them
 */
export function findClosedFolder(path: string): string | undefined {
  let closed: string | undefined
  for (let folder = path; folder !== '/'; folder = dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) closed = folder
  return closed
}

/** A data folder that is not there yet is made so that the account of PostgreSQL can enter it, and list nothing. */
export async function makeDataDirectory(
  directory: string,
  account: Account | undefined,
): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first === undefined || account === undefined) return
  for (let folder = directory; folder.startsWith(first); folder = dirname(folder))
    await chmod(folder, 0o711)
}

export async function makeDirectory(
  directory: string,
  account: Account | undefined,
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if (account !== undefined) await chown(directory, account.uid, account.gid)
  await chmod(directory, 0o700)
}

export async function makeSocketDirectory(
  directory: string,
  account: Account | undefined,
): Promise<string> {
  const wished = join(directory, 'run')
  const socketDirectory =
    wished.length <= LONGEST_SOCKET_DIRECTORY ? wished : await mkdtemp(join(tmpdir(), 'sanad-pg-'))
  await makeDirectory(socketDirectory, account)
  return socketDirectory
}
