import { SanadError } from '@sanad/protocol/problems'
import { type RawBuilder, sql } from 'kysely'

/** Keyset cursors: the sort key of the last row, opaque to whoever passes it back. */

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

/**
 * What comes behind a cursor of microseconds since the epoch and an id, newest first.
 *
 * @param columns a row of two, in the order of the list
 * @throws SanadError `request.malformed`
 */
export function isBehind(cursor: string, columns: RawBuilder<unknown>): RawBuilder<unknown> {
  const [microseconds, id] = decodeCursor(cursor, 2)
  if (!/^\d{1,18}$/.test(microseconds) || !/^[0-9a-f-]{36}$/.test(id)) throw notACursor()
  return sql`${columns} <
    (timestamptz 'epoch' + ${microseconds}::bigint * interval '1 microsecond', ${id}::uuid)`
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw notACursor()
  }
}

const notACursor = (): SanadError => new SanadError('request.malformed', 'after')
