import type { ClientConfiguration } from '@sanad/protocol/domain/commands'
import { MINUTE_MS } from '@sanad/protocol/text/durations'

/** When this computer may be interrupted, in its own local time. */

export type MaintenanceWindow = NonNullable<ClientConfiguration['maintenanceWindow']>

const MINUTES_OF_DAY = 1440
/** Coarse enough to walk a week in no time, fine enough for people. */
const STEP_MINUTES = 15
const STEPS_OF_EIGHT_DAYS = (8 * MINUTES_OF_DAY) / STEP_MINUTES

/** A window that ends before it begins runs past midnight, and belongs to the day on which it began. */
function isInWindow({ days, from, to }: MaintenanceWindow, at: number): boolean {
  const local = new Date(at)
  const minutes = local.getHours() * 60 + local.getMinutes()
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  const isToday = days.includes(local.getDay())
  if (begin < end) return isToday && minutes >= begin && minutes < end
  const wasYesterday = days.includes((local.getDay() + 6) % 7)
  return (isToday && minutes >= begin) || (wasYesterday && minutes < end)
}

/** 0 when it is open. */
export function secondsUntilOpen(window: MaintenanceWindow, at: number): number {
  if (isInWindow(window, at)) return 0
  const step = STEP_MINUTES * MINUTE_MS
  const first = Math.ceil((at + 1) / step) * step
  for (let index = 0; index < STEPS_OF_EIGHT_DAYS; index++) {
    const next = first + index * step
    if (isInWindow(window, next)) return Math.ceil((next - at) / 1000)
  }
  return (7 * MINUTES_OF_DAY * MINUTE_MS) / 1000
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}
