import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
/** When lists are made and until when they hold. */

/** PN §1.6: signed again every hour, whether something changed or not. */
export const SIGN_AGAIN_AFTER_MS = HOUR_MS

/** PN §1.6: so long may the HSM be away before verifiers hold an old list. */
export const LIST_LIFE_MS = 48 * HOUR_MS

/**
 * RFC 5280 §3.3: an entry stays until it stood on one regular list made after its certificate’s end. A day is
 * 24 of them.
 */
export const KEEP_AFTER_END_MS = DAY_MS
