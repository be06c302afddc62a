import { useState } from 'react'

/** Where one is in pages that are found by cursor: there is a next and a previous, and no count. */
export interface CursorPages {
  readonly page: number
  /** The cursor of the page shown; undefined on the first. */
  readonly after: string | undefined
  readonly next: (cursor: string | null) => void
  readonly previous: () => void
  readonly first: () => void
}

export function useCursorPages(): CursorPages {
  const [cursors, setCursors] = useState<readonly string[]>([])
  return {
    page: cursors.length + 1,
    after: cursors.at(-1),
    next: (cursor) => {
      if (cursor !== null) setCursors([...cursors, cursor])
    },
    previous: () => setCursors(cursors.slice(0, -1)),
    first: () => setCursors([]),
  }
}
