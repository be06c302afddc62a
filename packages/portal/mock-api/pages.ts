import { SanadError } from '@sanad/protocol/text/problems'

interface PageQuery {
  readonly limit?: number
  readonly after?: string
}

/** Keyset pages in small: the cursor names the last row shown, opaque to whoever passes it back. */
export function pageOf<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => string,
  query: URLSearchParams | PageQuery,
): { items: Row[]; next: string | null } {
  const { limit = 50, after } = query instanceof URLSearchParams ? read(query) : query
  const last = after === undefined ? undefined : Buffer.from(after, 'base64url').toString('utf8')
  const start = last === undefined ? 0 : rows.findIndex((row) => idOf(row) === last) + 1
  if (last !== undefined && start === 0) throw new SanadError('request.malformed', 'after')
  const items = rows.slice(start, start + limit)
  const end = items.at(-1)
  const hasMore = end !== undefined && start + limit < rows.length
  return { items, next: hasMore ? Buffer.from(idOf(end)).toString('base64url') : null }
}

function read(query: URLSearchParams): PageQuery {
  const after = query.get('after')
  return { limit: Number(query.get('limit') ?? 50), ...(after !== null && { after }) }
}
