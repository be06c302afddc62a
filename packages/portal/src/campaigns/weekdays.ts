import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { TFunction } from 'i18next'

/** 7 January 2024 was a Sunday, which is day 0. */
const SUNDAY = Date.UTC(2024, 0, 7, 12)

/** Short names of the days of the week, Sunday first. */
export function weekdays(language: string): readonly string[] {
  const format = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' })
  return Array.from({ length: 7 }, (_, day) => format.format(SUNDAY + day * DAY_MS))
}

/** “Mon, Tue 20:00–06:00 local time” */
export function windowWords(
  t: TFunction,
  language: string,
  { days, from, to }: MaintenanceWindow,
): string {
  const names = weekdays(language)
  return t('commands.window.words', { days: days.map((day) => names[day]).join(', '), from, to })
}
