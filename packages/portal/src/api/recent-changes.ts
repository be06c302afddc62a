import { useSyncExternalStore } from 'react'

/** Which devices changed in the last gathering, so that their rows can say so once. */
let generation: { readonly ids: ReadonlySet<string> } = { ids: new Set() }
const listeners = new Set<() => void>()

export function noteChange(ids: ReadonlySet<string>): void {
  generation = { ids: new Set(ids) }
  for (const listener of listeners) listener()
}

export function useRecentChanges(): ReadonlySet<string> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => generation.ids,
  )
}
