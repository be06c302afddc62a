import { constants } from 'node:fs'
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * The user PIN of the token, in a file that nobody else may read.
 *
 * A refused PIN is remembered beside its file, so that a service manager that restarts the server over and
 * over does not lock the token: three or ten wrong tries destroy a partition on real HSMs.
 */

/** @throws SanadError `server.configuration-invalid`, `hsm.pin-refused` */
export async function readPin(pinFile: string): Promise<string> {
  const file = await open(pinFile, constants.O_RDONLY | constants.O_NOFOLLOW).catch(
    (cause: unknown) => {
      throw invalid('cannot be opened', cause)
    },
  )
  try {
    const { mode, uid, size } = await file.stat()
    if ((mode & 0o077) !== 0) throw invalid('may be read by others; set its mode to 0600')
    if (uid !== process.geteuid?.()) throw invalid('belongs to another user')
    if (size > 1024) throw invalid('is too large for a PIN')
    const pin = (await file.readFile('utf8')).replace(/\r?\n$/, '')
    if (pin === '') throw invalid('is empty')
    if (await wasRefused(pinFile)) {
      throw new SanadError(
        'hsm.pin-refused',
        `this PIN was refused before; write the right one to the file, or delete ${markerOf(pinFile)}`,
      )
    }
    return pin
  } finally {
    await file.close()
  }
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

function invalid(detail: string, cause?: unknown): SanadError {
  return new SanadError('server.configuration-invalid', `the PIN file ${detail}`, { cause })
}
