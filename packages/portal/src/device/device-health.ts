import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { Health } from '../ui/state-mark.tsx'

export const STATE_HEALTH: Record<DeviceState, Health> = {
  approved: 'unknown',
  registered: 'good',
  suspended: 'attention',
  deregistered: 'unknown',
  blocked: 'bad',
}

/** By what the server told this device and what its policy lets it, not by a day of our own. */
export function checkInHealth({ silentFrom, tooLongSilentFrom }: Presence, now: number): Health {
  if (now >= Date.parse(tooLongSilentFrom)) return 'bad'
  return now >= Date.parse(silentFrom) ? 'attention' : 'good'
}

export function keyHealth(notAfter: string, now: number): Health {
  const left = Date.parse(notAfter) - now
  if (left <= 0) return 'bad'
  return left <= 14 * DAY_MS ? 'attention' : 'good'
}

/** A key’s time left against the quarter of a year that people plan in, 0 to 1. */
export function keyShareLeft(notAfter: string, now: number): number {
  return Math.min(1, Math.max(0, (Date.parse(notAfter) - now) / (90 * DAY_MS)))
}

export type Presence = NonNullable<DeviceListItem['presence']>
