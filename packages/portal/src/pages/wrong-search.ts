import { useSyncExternalStore } from 'react'
import { checkSearch, type SearchOf, type SearchSchema, type WrongPart } from './search-schema.ts'

/**
 * What was wrong in the address of the page that is shown. The router takes it out of the address at once, so it is
 * kept here until the page is left or the person has read it.
 */
interface WrongSearch {
  readonly page: string
  readonly parts: readonly WrongPart[]
}

let current: WrongSearch | undefined
const listeners = new Set<() => void>()

function become(next: WrongSearch | undefined): void {
  current = next
  // The router may read an address while something is being drawn.
  queueMicrotask(() => {
    for (const listener of listeners) listener()
  })
}

export function noteWrongSearch(page: string, parts: readonly WrongPart[]): void {
  if (parts.length > 0) become({ page, parts })
}

export function forgetWrongSearch(page: string): void {
  if (current?.page === page) become(undefined)
}

export function useWrongSearch(page: string): readonly WrongPart[] {
  const wrong = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
  return wrong?.page === page ? wrong.parts : []
}

/** Reads the search of a page by its schema; what the schema does not know is left out, and named on the page. */
export const searchOfPage =
  <S extends SearchSchema>(page: string, schema: S) =>
  (raw: Readonly<Record<string, unknown>>): SearchOf<S> => {
    const { search, wrong } = checkSearch(schema, raw)
    noteWrongSearch(page, wrong)
    // The router lays the result over what it read: a part that is left out has to be there, as nothing.
    const nothing = Object.fromEntries(Object.keys(raw).map((name) => [name, undefined]))
    return { ...nothing, ...search }
  }
