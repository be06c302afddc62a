import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['week', 604_800_000],
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', 60_000],
]

const formats = new Map<string, Intl.RelativeTimeFormat>()

function relativeFormat(language: string): Intl.RelativeTimeFormat {
  const known = formats.get(language)
  if (known !== undefined) return known
  const made = new Intl.RelativeTimeFormat(language, { numeric: 'always' })
  formats.set(language, made)
  return made
}

/** “3 minutes ago”, “in 2 months”; under a minute it is “now”, because nobody acts on seconds. */
export function relativeTime(iso: string, now: number, language: string): string {
  const distance = Date.parse(iso) - now
  for (const [unit, size] of UNITS) {
    // A unit is used from twice its size for the long ones: “9 days” says more than “1 week”.
    const least = unit === 'year' || unit === 'month' || unit === 'week' ? size * 2 : size
    if (Math.abs(distance) >= least) {
      return relativeFormat(language).format(Math.trunc(distance / size), unit)
    }
  }
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(0, 'second')
}

/** `2026-10-09 06:00:12.000 UTC` */
export function exactUtc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11).replace('Z', '')} UTC`
}

/** `2026-10-09 06:00 UTC`: for what lasts hours. */
export const minuteUtc = (iso: string): string =>
  `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** `06:00:12` in UTC: the trusted time of this product has no time zone. */
export function clockUtc(iso: string): string {
  return iso.slice(11, 19)
}

/** `2026-10-09` in UTC: one form of a date, wherever it stands, which no reader takes for another. */
export const calendarDay = (iso: string): string => iso.slice(0, 10)

/** `Friday, 2026-10-09` in UTC. */
export function weekDay(iso: string, language: string): string {
  const name = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' })
  return `${name.format(new Date(iso))}, ${iso.slice(0, 10)}`
}

/** “45 seconds”, “15 minutes”: never less than it is. */
export function durationInWords(seconds: number, language: string): string {
  const isLong = seconds >= 120
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: isLong ? 'minute' : 'second',
    unitDisplay: 'long',
  }).format(isLong ? Math.ceil(seconds / 60) : seconds)
}
