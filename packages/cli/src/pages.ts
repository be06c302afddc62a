import type { Ask, Asked } from './connection.ts'

interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** Row after row of a list, page by page, for as many as are wanted; holds one page in memory. */
export async function* eachRow<T>(ask: Ask, asked: Asked, limit = Infinity): AsyncGenerator<T> {
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
