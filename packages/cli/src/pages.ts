import type { Answers, AnyInput, InputArgument } from '@sanad/protocol/operator-api/ask'
import type { OperationId } from '@sanad/protocol/operator-api/operations'
import { type Ask, type Asked, type Connection, askFor } from './connection.ts'

interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** Row after row of a list, page by page, for as many as are wanted; holds one page in memory. */
async function* eachRow<T>(ask: Ask, asked: Asked, limit = Infinity): AsyncGenerator<T> {
  let after: string | undefined
  for (let given = 0; given < limit;) {
    const query = { ...asked.query, limit: Math.min(200, limit - given), after }
    const page: Page<T> = await ask({ ...asked, query })
    yield* page.items
    given += page.items.length
    if (page.next === null || page.items.length === 0) return
    after = page.next
  }
}

type RowOf<Id extends OperationId> =
  Answers<Id> extends { readonly items: readonly (infer Row)[]; readonly next: string | null }
    ? Row
    : never

/** As {@link eachRow}, of an operation that lists. */
export const listAll = <Id extends OperationId>(
  { ask }: Pick<Connection, 'ask'>,
  id: Id,
  input: InputArgument<Id>[0],
  limit?: number,
): AsyncGenerator<RowOf<Id>> => eachRow(ask, askFor(id, input as AnyInput), limit)
