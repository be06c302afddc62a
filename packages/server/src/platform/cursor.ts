import { isUuid } from '@sanad/protocol/text/uuid'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'

/** Keyset cursors: the sort key of the last row, opaque to the client that passes it back. */

export const encodeCursor = (key: readonly string[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** @throws SanadError `request.malformed` */
export function decodeCursor<N extends number>(
  cursor: string,
  length: N,
): N extends 2 ? [string, string] : string[] {
  const key = parse(cursor)
  if (
    !Array.isArray(key) ||
    key.length !== length ||
    !key.every((part) => typeof part === 'string')
  )
    throw notACursor()
  return key as N extends 2 ? [string, string] : string[]
}

/**
 * Of rows that were read with one more than fits: the page, and its last row’s place if there are others behind it.
 */
export function takePage<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string,
): { readonly items: Row[]; readonly next: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}

/** The place of a row in a list by time: microseconds since the epoch, and its id. */
export const encodePlace = (at: Date, id: string | number): string =>
  encodeCursor([`${at.getTime()}000`, String(id)])

const isNumber = (text: string): boolean => /^\d{1,18}$/.test(text)

/** What the ids of a list are. Whatever else a cursor brings, the database would fail on. */
const IDS = {
  uuid: { isOne: isUuid, type: sql`uuid` },
  number: { isOne: isNumber, type: sql`bigint` },
} as const

type Ids = keyof typeof IDS

/** An id that came with a cursor, as a value for the database. @throws SanadError `request.malformed` */
export function readId(id: string, ids: Ids): RawBuilder<unknown> {
  const { isOne, type } = IDS[ids]
  if (!isOne(id)) throw notACursor()
  return sql`${id}::${type}`
}

/**
 * What comes behind a cursor of microseconds since the epoch and an id, newest first.
 *
 * @param columns a row of two, in the order of the list
 * @throws SanadError `request.malformed`
 */
export const isBehind = (
  cursor: string,
  columns: RawBuilder<unknown>,
  ids: Ids = 'uuid',
): RawBuilder<boolean> => sql`${columns} < ${readPlace(cursor, ids)}`

/** As {@link isBehind}, oldest first. */
export const isBehindOldest = (
  cursor: string,
  columns: RawBuilder<unknown>,
  ids: Ids = 'uuid',
): RawBuilder<boolean> => sql`${columns} > ${readPlace(cursor, ids)}`

function readPlace(cursor: string, ids: Ids): RawBuilder<unknown> {
  const [microseconds, id] = decodeCursor(cursor, 2)
  if (!isNumber(microseconds)) throw notACursor()
  return sql`(timestamptz 'epoch' + ${microseconds}::bigint * interval '1 microsecond', ${readId(id, ids)})`
}

const TIME =
  /^(?!0000)(?<day>\d{4}-\d{2}-\d{2}) (?<time>\d{2}:\d{2}:\d{2})(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d)?$/

/** Whether a text is a time as PostgreSQL writes it, of a day that exists. */
export function isDatabaseTime(text: string): boolean {
  const { day, time } = TIME.exec(text)?.groups ?? {}
  if (day === undefined || time === undefined) return false
  const read = new Date(`${day}T${time}Z`)
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(`${day}T${time}`)
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw notACursor()
  }
}

const notACursor = (): SanadError => new SanadError('request.malformed', 'after')
