import { SanadError } from '@sanad/protocol/text/problems'
import { PLATFORM } from '../platform/platform.ts'

/**
 * Two clients with one state folder would give two messages the same number.
 *
 * @throws SanadError `client.already-running`, `client.storage-failed`
 */
export async function beOnlyClient(stateDirectory: string): Promise<AsyncDisposable> {
  const lock = await PLATFORM.lockFolder(stateDirectory)
  if (lock === undefined) throw new SanadError('client.already-running', stateDirectory)
  return lock
}
