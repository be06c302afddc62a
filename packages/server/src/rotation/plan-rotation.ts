import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { RotationReason } from '@sanad/protocol/domain/key-lifecycle'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'

/** When a key is to be rotated: one pure, total decision. All times in milliseconds since the epoch. */

export interface RotationPlan {
  readonly start: number
  readonly end: number
  readonly reason: RotationReason
}

export interface RotationFacts {
  readonly certificate: {
    readonly issuedAt: number
    readonly notAfter: number
  }
  readonly policy: Pick<PolicySettings, 'rotationDays' | 'overlapDays' | 'rotationWindowHours'>
  /** An operator’s order for this device that waits. */
  readonly order?: { readonly start: number; readonly end: number }
  /** End of the provider certificate that a new key would be certified under, if it is another than now. */
  readonly renewedIssuerUntil?: number
}

/**
 * The window, of the shape of RFC 9773: the device draws an instant in it, and rotates at once when it is past.
 * It ends where the rotation period ends, so that no key is used for longer; if the certificate ends before
 * period and overlap are over, at two thirds of its life.
 */
export function planRotation({
  certificate,
  policy,
  order,
  renewedIssuerUntil,
}: RotationFacts): RotationPlan {
  const scheduled = planByCertificate(certificate, policy, renewedIssuerUntil)
  if (order === undefined || order.end >= scheduled.end) return scheduled
  return { ...order, reason: 'ordered' }
}

function planByCertificate(
  { issuedAt, notAfter }: RotationFacts['certificate'],
  { rotationDays, overlapDays, rotationWindowHours }: RotationFacts['policy'],
  renewedIssuerUntil: number | undefined,
): RotationPlan {
  const period = issuedAt + rotationDays * DAY_MS
  const lasts = issuedAt + (rotationDays + overlapDays) * DAY_MS <= notAfter + DAY_MS
  const end = lasts
    ? period
    : Math.min(period, issuedAt + Math.floor(((notAfter - issuedAt) * 2) / 3))
  const reason = reasonOf(lasts, notAfter, renewedIssuerUntil)
  return { start: Math.max(issuedAt, end - rotationWindowHours * HOUR_MS), end, reason }
}

function reasonOf(
  lasts: boolean,
  notAfter: number,
  renewedIssuerUntil: number | undefined,
): RotationReason {
  if (lasts) return 'scheduled'
  return renewedIssuerUntil !== undefined && renewedIssuerUntil > notAfter
    ? 'issuer-renewed'
    : 'certificate-ending'
}
