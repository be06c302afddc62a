import { CRL_REASON_OF, type CrlReason } from '@sanad/protocol/domain/crl-reasons'
import type { Reason } from '@sanad/protocol/domain/reasons'

/** @param reason as stored; null where an intent was abandoned */
export const crlReasonOf = (reason: string | null): CrlReason =>
  isReason(reason) ? CRL_REASON_OF[reason] : 'cessationOfOperation'

const isReason = (reason: string | null): reason is Reason =>
  reason !== null && Object.hasOwn(CRL_REASON_OF, reason)
