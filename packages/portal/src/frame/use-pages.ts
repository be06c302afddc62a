import { useNavigate, useRouterState } from '@tanstack/react-router'
import type { CursorSearch } from './page-search.ts'

interface Pages {
  readonly page: number
  readonly next: (cursor: string) => void
  readonly previous: () => void
}

/**
 * Keyset pages go forward only, so the way back is kept beside the address, in the history entry. Somebody
 * who opened page 3 from a link has no way back but the first page.
 */
export function usePages(search: CursorSearch): Pages {
  const navigate = useNavigate()
  const trail = useRouterState({ select: (state) => state.location.state.trail }) ?? []
  const go = (target: CursorSearch, nextTrail: readonly string[]) => {
    const change = (current: Record<string, unknown>) => {
      const { after: _, page: __, ...rest } = current
      return { ...rest, ...target }
    }
    // The change keeps every other part of whatever address this is used on.
    void navigate({ to: '.', search: change as never, state: { trail: nextTrail } })
  }
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
