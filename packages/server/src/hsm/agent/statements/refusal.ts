import { SanadError } from '@sanad/protocol/text/problems'

/** Says why a statement is not of its kind; nothing is signed after it. */
export function refuse(detail: string): never {
  throw new SanadError('hsm.request-refused', detail)
}
