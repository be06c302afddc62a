import { useRef, type RefObject } from 'react'
import { useLetterKeys } from './letter-keys.ts'

/** `j` and `k` walk over the links of the rows; `Enter` is then the link’s own. */
export function useRowKeys(): RefObject<HTMLTableSectionElement | null> {
  const body = useRef<HTMLTableSectionElement>(null)
  const move = (step: 1 | -1) => {
    const links = [...(body.current?.querySelectorAll<HTMLElement>('[data-row-link]') ?? [])]
    const row = document.activeElement?.closest('tr')
    const index = links.findIndex((link) => row !== null && row?.contains(link) === true)
    const next = index === -1 ? links.at(step === 1 ? 0 : -1) : links.at(index + step)
    // Past the last row there is no wrapping round: one would lose the place.
    if (index + step < 0 && index !== -1) return
    next?.focus({ focusVisible: true } as FocusOptions)
    next?.scrollIntoView({ block: 'nearest' })
  }
  useLetterKeys({ j: () => move(1), k: () => move(-1) })
  return body
}
