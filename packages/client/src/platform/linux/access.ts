import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readFile, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Access } from '../platform.ts'
import { tooOpen } from '../too-open.ts'

/** Owners and modes. */

const PRIVATE_FOLDER = 0o700
const OTHERS = 0o077
const OTHERS_WRITE = 0o022

export const linuxAccess: Access = {
  makePrivateFolder: (path) => mkdir(path, { recursive: true, mode: PRIVATE_FOLDER }),
  requirePrivateFolder,
  requireTrustedFolder,
  requireTrustedFile,
  requireTrustedAddress: (path) => requireTrustedFolder(dirname(path)),
  readPrivateFile,
  openUnlinked,
  findGroup,
}

async function requirePrivateFolder(path: string): Promise<void> {
  const found = await lstat(path)
  if (!found.isDirectory()) throw tooOpen(path, 'not a folder')
  requireOwn(path, found)
}

async function requireTrustedFolder(path: string): Promise<void> {
  const found = await lstat(path)
  const isTrusted = found.isDirectory() && (isOwn(found.uid) || found.uid === 0)
  if (!isTrusted || (found.mode & OTHERS_WRITE) !== 0) throw tooOpen(path, 'others can write to it')
}

async function requireTrustedFile(path: string): Promise<void> {
  const target = await realpath(path)
  await requireTrustedFolder(dirname(target))
  const { uid, mode } = await stat(target)
  if (!(isOwn(uid) || uid === 0) || (mode & OTHERS_WRITE) !== 0)
    throw tooOpen(path, 'others can change it')
}

async function readPrivateFile(path: string): Promise<Buffer> {
  await using file = await openUnlinked(path)
  const found = await file.stat()
  if (!found.isFile()) throw tooOpen(path, 'not a file')
  requireOwn(path, found)
  return await file.readFile()
}

function openUnlinked(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
}

function requireOwn(path: string, found: { readonly uid: number; readonly mode: number }): void {
  if (!isOwn(found.uid)) throw tooOpen(path, 'of another owner')
  if ((found.mode & OTHERS) !== 0) throw tooOpen(path, 'others have rights to it')
}

const isOwn = (uid: number): boolean => uid === process.getuid?.()

async function findGroup(group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group)
  const lines = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'))
  const found = lines.find(([name]) => name === group)?.[2]
  if (found === undefined)
    throw new SanadError('client.configuration-invalid', 'sbiTime/group: no such group')
  return Number(found)
}
