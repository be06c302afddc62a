import { useSyncExternalStore } from 'react'

/** Whether the management server answered last time, and since when it does not. */
export type Reachability =
  | { readonly isReachable: true }
  | { readonly isReachable: false; readonly since: number }

const REACHABLE: Reachability = { isReachable: true }
let current: Reachability = REACHABLE
const listeners = new Set<() => void>()

function become(next: Reachability): void {
  if (next.isReachable === current.isReachable) return
  current = next
  for (const listener of listeners) listener()
}

export function noteAnswer(): void {
  become(REACHABLE)
}

export function noteSilence(): void {
  become({ isReachable: false, since: Date.now() })
}

export function useReachability(): Reachability {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}
