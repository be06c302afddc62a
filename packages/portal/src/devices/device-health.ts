import type { DeviceListItem } from '@sanad/protocol/api/devices'
import type { DeviceState } from '@sanad/protocol/device-lifecycle'
import type { Health } from '../ui/state-mark.tsx'

export const STATE_HEALTH: Record<DeviceState, Health> = {
  approved: 'unknown',
  registered: 'good',
  suspended: 'attention',
  deregistered: 'unknown',
  blocked: 'bad',
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A client checks in at least daily (MDS 0.9.5 › Management Client, 5); two hours are for the road. */
export function checkInHealth(lastCheckInAt: string, now: number): Health {
  const age = now - Date.parse(lastCheckInAt)
  if (age <= DAY + 2 * HOUR) return 'good'
  return age <= 7 * DAY ? 'attention' : 'bad'
}

export function keyHealth(notAfter: string, now: number): Health {
  const left = Date.parse(notAfter) - now
  if (left <= 0) return 'bad'
  return left <= 14 * DAY ? 'attention' : 'good'
}

/** A key’s time left against the quarter of a year that people plan in, 0 to 1. */
export function keyShareLeft(notAfter: string, now: number): number {
  return Math.min(1, Math.max(0, (Date.parse(notAfter) - now) / (90 * DAY)))
}

export type Presence = NonNullable<DeviceListItem['presence']>
