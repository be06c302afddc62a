import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import { MINUTE_MS } from '@sanad/protocol/text/durations'

/** Whether it is a time at which a machine may be interrupted, where the machine stands. */

const DAY_NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MINUTES_OF_DAY = 1440
const STEP_MINUTES = 15
const STEPS_OF_EIGHT_DAYS = (8 * MINUTES_OF_DAY) / STEP_MINUTES

interface LocalTime {
  /** 0 is Sunday. */
  readonly day: number
  /** Since midnight. */
  readonly minutes: number
}

/** One that ends before it begins goes on after midnight, and belongs to the day on which it began. */
export function isInWindow(window: MaintenanceWindow, timeZone: string, at: number): boolean {
  const local = localTime(timeZone, at)
  // Of a zone that this machine does not know, nothing can be said: as if the zone were not known.
  if (local === undefined) return true
  const { day, minutes } = local
  const [from, to] = [minutesOf(window.from), minutesOf(window.to)]
  const yesterday = (day + 6) % 7
  if (from < to) return window.days.includes(day) && minutes >= from && minutes < to
  return (
    (window.days.includes(day) && minutes >= from) ||
    (window.days.includes(yesterday) && minutes < to)
  )
}

/** When it opens next, to a quarter of an hour; undefined for one that never does. */
export function nextOpening(
  window: MaintenanceWindow,
  timeZone: string,
  after: number,
): number | undefined {
  const step = STEP_MINUTES * MINUTE_MS
  const first = Math.ceil(after / step) * step
  for (let index = 0; index < STEPS_OF_EIGHT_DAYS; index++) {
    const at = first + index * step
    if (isInWindow(window, timeZone, at)) return at
  }
  return undefined
}

function localTime(timeZone: string, at: number): LocalTime | undefined {
  const format = formatOf(timeZone)
  if (format === undefined) return undefined
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return {
    day: DAY_NAMES.indexOf(parts.get('weekday') ?? ''),
    minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  }
}

// There are some four hundred zones; a device that makes names up gets none kept.
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  try {
    const made = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    if (formats.size < 1000) formats.set(timeZone, made)
    return made
  } catch {
    return undefined
  }
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}
