import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { SanadError } from '@sanad/protocol/text/problems'
import { readSecretFile } from '../platform/secret-file.ts'

/**
 * The user PIN of the token, in a file that nobody else may read.
 *
 * A refused PIN is remembered beside its file, so that a service manager that restarts the server over and
 * over does not lock the token: three or ten wrong tries destroy a partition on real HSMs.
 */

/** @throws SanadError `server.configuration-invalid`, `hsm.pin-refused` */
export async function readPin(pinFile: string): Promise<string> {
  const pin = (await readSecretFile(pinFile, 'the PIN file')).replace(/\r?\n$/, '')
  if (pin === '') throw new SanadError('server.configuration-invalid', 'the PIN file is empty')
  if (await wasRefused(pinFile)) {
    throw new SanadError(
      'hsm.pin-refused',
      `this PIN was refused before; write the right one to the file, or delete ${markerOf(pinFile)}`,
    )
  }
  return pin
}

export async function rememberRefusal(pinFile: string): Promise<void> {
  await writeFile(markerOf(pinFile), await versionOf(pinFile), { mode: 0o600 })
}

async function wasRefused(pinFile: string): Promise<boolean> {
  const refused = await readFile(markerOf(pinFile), 'utf8').catch(() => undefined)
  if (refused === undefined) return false
  if (refused === (await versionOf(pinFile))) return true
  await rm(markerOf(pinFile), { force: true })
  return false
}

/** Tells one writing of the file from the next, without a digest that would give a short PIN away. */
async function versionOf(pinFile: string): Promise<string> {
  const { ino, mtimeNs } = await stat(pinFile, { bigint: true })
  return `${ino}-${mtimeNs}`
}

const markerOf = (pinFile: string): string => `${pinFile}.refused`
