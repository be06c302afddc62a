import type { Reason } from './reasons.ts'

/** RFC 5280 §5.3.1: those of its reasons that our lists give. */
export type CrlReason = 'keyCompromise' | 'superseded' | 'cessationOfOperation'

/**
 * What a verifier is told of an operator’s reason. RFC 5280 §5.3.1: with keyCompromise also what was signed
 * before is in doubt, so it stands wherever somebody else may have had the key.
 */
export const CRL_REASON_OF: Readonly<Record<Reason, CrlReason>> = {
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
