import type { Reason } from '@sanad/protocol/events'
import type { CrlReason } from '../certificates/der/revocation-list.ts'

/**
 * What a verifier is told of an operator’s reason. RFC 5280 §5.3.1: with keyCompromise also what was signed
 * before is in doubt, so it stands wherever somebody else may have had the key.
 */
const CRL_REASON_OF: Readonly<Record<Reason, CrlReason>> = {
  lost: 'keyCompromise',
  stolen: 'keyCompromise',
  tampered: 'keyCompromise',
  'suspected-clone': 'keyCompromise',
  'key-compromised': 'keyCompromise',
  replaced: 'superseded',
  'under-repair': 'cessationOfOperation',
  repaired: 'cessationOfOperation',
  found: 'cessationOfOperation',
  relocated: 'cessationOfOperation',
  'end-of-life': 'cessationOfOperation',
  policy: 'cessationOfOperation',
  'entered-in-error': 'cessationOfOperation',
  other: 'cessationOfOperation',
}

/** @param reason as stored; null where an intent was abandoned */
export const crlReasonOf = (reason: string | null): CrlReason =>
  isReason(reason) ? CRL_REASON_OF[reason] : 'cessationOfOperation'

const isReason = (reason: string | null): reason is Reason =>
  reason !== null && Object.hasOwn(CRL_REASON_OF, reason)
