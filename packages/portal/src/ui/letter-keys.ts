import { useLayoutEffect, useRef } from 'react'
import { preferences } from './preferences.ts'

/** @returns false where the key was not meant for it, so that it is free for another. */
export type KeyAct = (event: KeyboardEvent) => boolean | void

/** Keys that work anywhere on the page, unless somebody is typing, a dialog is open, or they are turned off. */
export function useLetterKeys(bindings: Readonly<Record<string, KeyAct>>): void {
  const latest = useRef(bindings)
  // Before the first paint: who sees the page may press a key at once.
  useLayoutEffect(() => {
    latest.current = bindings
  })
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (!preferences().hasLetterKeys || isOccupied(event.target)) return
      const act = latest.current[event.key]
      if (act === undefined) return
      if (act(event) !== false) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}

function isOccupied(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  const isTyping = target.matches('input, textarea, select, [contenteditable], [role="combobox"]')
  return isTyping || target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null
}
