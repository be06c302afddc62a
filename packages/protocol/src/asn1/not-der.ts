import { SanadError } from '../text/problems.ts'

export function notDer(detail: string, cause?: unknown): SanadError {
  return new SanadError('certificate.request-invalid', `not DER: ${detail}`, { cause })
}
