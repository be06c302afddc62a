import { sql } from 'kysely'

/**
 * How long a device has been silent, in steps, so that the forecast counts devices and not instants.
 *
 * A device is silent when two check-ins of its policy have not come, seen at the next step: with a check-in each
 * day (MDS 0.9.5 demands one) after 48 hours, with one each minute after an hour.
 */
const STEPS_HOURS = [1, 6, 24, 48] as const

/** Of the table of counts: how many devices have been silent for so long. */
export const SILENT_COLUMNS = STEPS_HOURS.map((hours) => `silent_${hours}h`)

/** Of seconds since the last check-in. */
export const silenceOf = (seconds: number): number =>
  STEPS_HOURS.filter((hours) => seconds >= hours * 3600).length

/** The first step at which a device of this interval counts as silent. */
export function silentFrom(checkInSeconds: number): number {
  const step = STEPS_HOURS.findIndex((hours) => hours * 3600 >= 2 * checkInSeconds)
  return step === -1 ? STEPS_HOURS.length : step + 1
}

const boundaries = sql.lit(`{${STEPS_HOURS.map((hours) => hours * 3600).join(',')}}`)

/** As {@link silenceOf}; a device that was never heard of is silent in full. */
export const silenceInSql = (seconds: ReturnType<typeof sql>) =>
  sql`coalesce(width_bucket(${seconds}, ${boundaries}::float8[]), ${sql.lit(STEPS_HOURS.length)})`

/** As {@link silentFrom}. */
export const silentFromInSql = (checkInSeconds: ReturnType<typeof sql>) => sql`
  least(width_bucket(2 * ${checkInSeconds}::float8 - 0.5, ${boundaries}::float8[]) + 1,
    ${sql.lit(STEPS_HOURS.length)})`
