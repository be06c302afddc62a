import { readFile, rm, stat } from 'node:fs/promises'
import { replaceFile } from '../../base/durable-files.ts'
import { isMissing, readPrivateFile } from '../../base/private-folder.ts'
import { keyStoreFailure } from '../../base/key-store-failure.ts'

/**
 * The user PIN of a token. The client remembers a refused one, because it retries for ever, and three to ten wrong
 * PINs lock a token for good.
 */

export interface PinFile {
  readonly path: string
  readonly refusalFile: string
}

/** @throws SanadError `client.key-store-failed`, `client.permissions-too-open` */
export async function readPin(file: PinFile): Promise<string> {
  const bytes = await readPrivateFile(file.path).catch((error: unknown) => {
    if (isMissing(error)) throw keyStoreFailure('the PIN file is not there', error)
    throw error
  })
  const pin = bytes.toString('utf8').replace(/\r?\n$/, '')
  if (pin === '' || pin.length > 256) throw keyStoreFailure('the PIN file does not hold a PIN')
  if (await wasRefused(file))
    throw keyStoreFailure('the token refused this PIN before: write the right one to its file')
  return pin
}

export async function rememberRefusal({ path, refusalFile }: PinFile): Promise<void> {
  await replaceFile(refusalFile, await versionOf(path))
}

async function wasRefused({ path, refusalFile }: PinFile): Promise<boolean> {
  const refused = await readFile(refusalFile, 'utf8').catch(() => undefined)
  if (refused === undefined) return false
  if (refused === (await versionOf(path))) return true
  await rm(refusalFile, { force: true })
  return false
}

/** Tells one writing of the file from the next, without a digest that would give a short PIN away. */
async function versionOf(path: string): Promise<string> {
  const { ino, mtimeNs } = await stat(path, { bigint: true })
  return `${ino}-${mtimeNs}`
}
