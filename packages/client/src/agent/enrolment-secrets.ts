import { join } from 'node:path'
import { isMissing, readPrivateFile } from '../base/private-folder.ts'
import { orStorageFailure } from '../base/storage-failure.ts'

/**
 * L0: the one-time secret that came with a device, in a file named after its serial number, readable by the
 * client alone. It goes to the server inside a signed and encrypted message and nowhere else.
 *
 * @throws SanadError `client.permissions-too-open`
 */
export async function readEnrolmentSecret(
  folder: string | undefined,
  serialNo: string,
): Promise<string | undefined> {
  if (folder === undefined) return undefined
  try {
    const text = (await readPrivateFile(join(folder, serialNo))).toString('utf8').trim()
    return text === '' ? undefined : text
  } catch (error) {
    if (isMissing(error)) return undefined
    return orStorageFailure(Promise.reject(error as Error))
  }
}
