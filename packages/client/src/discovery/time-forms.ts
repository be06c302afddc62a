import { formatSeconds } from '@sanad/protocol/text/timestamps'

/** Times as SBIs of all generations write them, brought to the form of a digital ID. Hints: nothing is decided by them. */

const ISO =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})? ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i
const EPOCH = /^\d{10}(\d{3})?$/

/** @returns `YYYY-MM-DDTHH:mm:ssZ`; undefined for what is no time */
export function readTime(text: string): string | undefined {
  const at = EPOCH.test(text) ? toMilliseconds(text) : parseIso(text.trim())
  return at === undefined || Number.isNaN(at) ? undefined : formatSeconds(at)
}

const toMilliseconds = (digits: string): number =>
  Number(digits) * (digits.length === 10 ? 1000 : 1)

/** Without a zone it is taken as UTC, which the specification asks for. */
function parseIso(text: string): number | undefined {
  const [, date, time, zone = 'Z'] = ISO.exec(text) ?? []
  if (date === undefined || time === undefined) return undefined
  return Date.parse(`${date}T${time}${toOffset(zone)}`)
}

/** `+05` and `+0530` as `Date` reads them. */
function toOffset(zone: string): string {
  if (/^z$/i.test(zone)) return 'Z'
  const [, hours = '', minutes = '00'] = /^([+-]\d{2}):?(\d{2})?$/.exec(zone) ?? []
  return `${hours}:${minutes}`
}
