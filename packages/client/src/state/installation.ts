import { randomBytes } from 'node:crypto'
import { encodeBase64url } from '@sanad/protocol/text/base64url'
import { orStorageFailure } from '../base/storage-failure.ts'
import { damaged, readCheckedFile, writeCheckedFile } from './checked-file.ts'

/**
 * The name of this installation: random, made once, and kept as long as the state folder. It says nothing of
 * the computer; the server sees by it that a device came to another one, or is in two places.
 *
 * @throws SanadError `client.state-damaged`, `client.storage-failed`
 */
export async function openInstallation(path: string): Promise<string> {
  const stored = await orStorageFailure(readCheckedFile(path))
  if (stored !== undefined) return readName(stored['installation'], path)
  const installation = encodeBase64url(randomBytes(16))
  // On disk before it is sent anywhere, so that the next start has the same name.
  await orStorageFailure(writeCheckedFile(path, { installation }))
  return installation
}

function readName(name: unknown, path: string): string {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(name)) throw damaged(path)
  return name
}
