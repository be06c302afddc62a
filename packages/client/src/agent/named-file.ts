import { readFile } from 'node:fs/promises'
import { SanadError } from '@sanad/protocol/text/problems'
import { isDiskTrouble, storageFailure } from '../base/storage-failure.ts'

/**
 * The text of a file that the configuration or a person names.
 *
 * @throws SanadError `client.configuration-invalid`; `client.storage-failed` for trouble with the disk
 */
export async function readNamedFile(path: string): Promise<string> {
  const detail = `cannot read ${path}`
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isDiskTrouble(cause)) throw storageFailure(detail, cause)
    throw new SanadError('client.configuration-invalid', detail, { cause })
  }
}
