import { SanadError } from '@sanad/protocol/text/problems'

export function keyStoreFailure(detail: string, cause?: unknown): SanadError {
  return new SanadError(
    'client.key-store-failed',
    detail,
    cause === undefined ? undefined : { cause },
  )
}
