import { SanadError } from '@sanad/protocol/text/problems'
import { isDiskTrouble, storageFailure } from './storage-failure.ts'

/** A key store that fails because the disk does is trouble with the disk. */
export function keyStoreFailure(detail: string, cause?: unknown): SanadError {
  if (isDiskTrouble(cause)) return storageFailure(detail, cause)
  return new SanadError(
    'client.key-store-failed',
    detail,
    cause === undefined ? undefined : { cause },
  )
}
