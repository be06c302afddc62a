import { SanadError } from '@sanad/protocol/text/problems'

export function tooOpen(path: string, why: string): SanadError {
  return new SanadError('client.permissions-too-open', `${path}: ${why}`)
}
