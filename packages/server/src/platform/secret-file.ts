import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { SanadError } from '@sanad/protocol/text/problems'

/** Bytes: a PIN or an account is far shorter. */
const LARGEST_SECRET = 1024

/**
 * The text of a file that only this server's account can read; a link in its place is not followed.
 *
 * @param what names the file in the error, such as `the PIN file`
 * @throws SanadError `server.configuration-invalid`
 */
export async function readSecretFile(path: string, what: string): Promise<string> {
  const invalid = (detail: string, cause?: unknown): SanadError =>
    new SanadError('server.configuration-invalid', `${what} ${detail}`, { cause })
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW
  await using file = await open(path, flags).catch((cause: unknown) => {
    throw invalid('cannot be opened', cause)
  })
  const { mode, uid, size } = await file.stat()
  if ((mode & 0o077) !== 0) throw invalid('may be read by others; set its mode to 0600')
  if (uid !== process.geteuid?.()) throw invalid('belongs to another user')
  if (size > LARGEST_SECRET) throw invalid('is too large')
  return file.readFile('utf8')
}
