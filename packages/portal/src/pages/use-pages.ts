import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { asProblem } from '../api/problem.ts'
import type { CursorSearch } from './search-schema.ts'
import { noteWrongSearch } from './wrong-search.ts'

/** The router’s word for the address that is shown. */
const HERE = '.'

interface Pages {
  readonly page: number
  readonly next: (cursor: string) => void
  readonly previous: () => void
}

/**
 * Keyset pages go forward only, so the way back is kept beside the address, in the history entry. Somebody
 * who opened page 3 from a link has no way back but the first page.
 *
 * @param error of the list: a place that the server does not know is named, and the first page is shown
 */
export function usePages(search: CursorSearch, error: Error | null = null): Pages {
  const navigate = useNavigate()
  const trail = useRouterState({ select: (state) => state.location.state.trail }) ?? []
  const go = (target: CursorSearch, nextTrail: readonly string[]) => {
    const change = (current: Record<string, unknown>) => {
      const { after: _, page: __, ...rest } = current
      return { ...rest, ...target }
    }
    // The change keeps every other part of whatever address this is used on.
    void navigate({ to: HERE, search: change as never, state: { trail: nextTrail } })
  }
  const path = useRouterState({ select: ({ matches }) => matches.at(-1)?.fullPath ?? '' })
  const { after } = search
  const isWrong =
    after !== undefined && error !== null && asProblem(error).code === 'request.malformed'
  useEffect(() => {
    if (!isWrong) return
    noteWrongSearch(path, [{ name: 'after', value: after, isKnownName: true }])
    const change = (current: Record<string, unknown>) => {
      const { after: _, page: __, ...rest } = current
      return rest
    }
    // As in `go`.
    void navigate({ to: HERE, search: change as never, replace: true })
  }, [isWrong, after, path, navigate])
  const page = search.page ?? 1
  return {
    page,
    next: (cursor) => go({ after: cursor, page: page + 1 }, [...trail, search.after ?? '']),
    previous: () => {
      const after = trail.at(-1)
      if (after === undefined || after === '') go({}, [])
      else go({ after, page: page - 1 }, trail.slice(0, -1))
    },
  }
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Cursors of the pages before this one; '' is the first. */
    trail?: readonly string[]
  }
}
