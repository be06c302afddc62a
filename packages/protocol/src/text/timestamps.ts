import { SanadError } from './problems.ts'

/**
 * The two time formats of MOSIP. Messages between client and server carry milliseconds (MDS 0.9.5 ›
 * Management Client, 2.3); a digital ID carries whole seconds. Each is accepted in exactly one spelling:
 * no offsets, no lower-case z, no 24:00, no leap second.
 */

const WITH_MILLISECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const WITH_SECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

/** `YYYY-MM-DDTHH:mm:ss.sssZ` from milliseconds since the epoch. */
export const formatTimestamp = (at: number): string => new Date(at).toISOString()

/** `YYYY-MM-DDTHH:mm:ssZ`: the form of a digital ID's dateTime. */
export const formatSeconds = (at: number): string =>
  new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** Milliseconds since the epoch. @throws SanadError `request.malformed` */
export function parseTimestamp(text: string): number {
  const at = WITH_MILLISECONDS.test(text) ? Date.parse(text) : Number.NaN
  // The round trip refuses 31 February and 24:00, which Date.parse moves to the next day.
  if (Number.isNaN(at) || formatTimestamp(at) !== text) throw notATime()
  return at
}

/** Milliseconds since the epoch. @throws SanadError `request.malformed` */
export function parseSeconds(text: string): number {
  const at = WITH_SECONDS.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at) || formatSeconds(at) !== text) throw notATime()
  return at
}

function notATime(): SanadError {
  return new SanadError('request.malformed', 'not a timestamp of the one accepted form')
}
