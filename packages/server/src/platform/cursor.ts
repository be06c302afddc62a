import { SanadError } from '@sanad/protocol/problems'

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

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw notACursor()
  }
}

const notACursor = (): SanadError => new SanadError('request.malformed', 'after')
