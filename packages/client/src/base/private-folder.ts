import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import { flushFolder } from './durable-files.ts'

/** Folders and files that only the client's own account can read: checked each time, not assumed. */

const PRIVATE_FOLDER = 0o700
const OTHERS = 0o077
const OTHERS_WRITE = 0o022

/** @throws SanadError `client.permissions-too-open` */
export async function openPrivateFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER })
  if (first !== undefined) await flushNew(first, path)
  const found = await lstat(path)
  if (!found.isDirectory()) throw tooOpen(path, 'not a folder')
  requireOwn(path, found)
}

/** Flushes the parent: a power cut loses a new folder, and all in it, until its own name is on disk. */
async function flushNew(first: string, last: string): Promise<void> {
  const end = resolve(first).length
  for (let made = resolve(last); made.length >= end; made = dirname(made))
    await flushFolder(dirname(made))
}

/** A folder of another program, such as the chip's driver, in which no third account can create files. */
export async function requireTrustedFolder(path: string): Promise<void> {
  const found = await lstat(path)
  const isTrusted = found.isDirectory() && (isOwn(found.uid) || found.uid === 0)
  if (!isTrusted || (found.mode & OTHERS_WRITE) !== 0) throw tooOpen(path, 'others can write to it')
}

/** A file that decides what this client runs: its owner is the client or root, and no other account can change it. */
export async function requireTrustedFile(path: string): Promise<void> {
  const target = await realpath(path)
  await requireTrustedFolder(dirname(target))
  const { uid, mode } = await stat(target)
  if (!(isOwn(uid) || uid === 0) || (mode & OTHERS_WRITE) !== 0)
    throw tooOpen(path, 'others can change it')
}

/** The content of a file that only the owner can read; a link in its place is not followed. */
export async function readPrivateFile(path: string): Promise<Buffer> {
  await using file = await openUnlinked(path)
  const found = await file.stat()
  if (!found.isFile()) throw tooOpen(path, 'not a file')
  requireOwn(path, found)
  return await file.readFile()
}

/** @throws the system's error when there is no such file */
function openUnlinked(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
}

function requireOwn(path: string, found: { readonly uid: number; readonly mode: number }): void {
  if (!isOwn(found.uid)) throw tooOpen(path, 'of another owner')
  if ((found.mode & OTHERS) !== 0) throw tooOpen(path, 'others have rights to it')
}

const isOwn = (uid: number): boolean => uid === process.getuid?.()

function tooOpen(path: string, why: string): SanadError {
  return new SanadError('client.permissions-too-open', `${path}: ${why}`)
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
