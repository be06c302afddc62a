import { useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'

/** Says the new page’s title to a screen reader and moves the focus to it, as a page load would. */
export function RouteAnnouncer() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? '' })
  const last = useRef(path)
  const [text, setText] = useState('')
  useEffect(() => {
    if (last.current === path) return
    const isFirst = last.current === ''
    last.current = path
    if (isFirst) return
    // The page sets its title in an effect of its own; this one runs a frame later.
    const frame = requestAnimationFrame(() => {
      setText(document.title)
      document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
    })
    return () => cancelAnimationFrame(frame)
  }, [path])
  return (
    <p aria-live="polite" className="sr-only">
      {text}
    </p>
  )
}
