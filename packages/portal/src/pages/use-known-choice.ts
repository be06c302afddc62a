import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { noteWrongSearch } from './wrong-search.ts'

/**
 * A part of the address that is one of many choices, which only the page itself knows: schemas and catalogues are no
 * part of the first paint. Another value is named and taken out of the address, as `searchOfPage` does with the rest.
 */
export function useKnownChoice<const T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  const navigate = useNavigate()
  const path = useRouterState({ select: ({ matches }) => matches.at(-1)?.fullPath ?? '' })
  const known = choices.find((choice) => choice === value)
  const wrong = known === undefined ? value : undefined
  useEffect(() => {
    if (wrong === undefined) return
    noteWrongSearch(path, [{ name, value: wrong, isKnownName: true }])
    const change = (current: Record<string, unknown>) => ({ ...current, [name]: undefined })
    // The change keeps every other part of whatever address this is used on.
    void navigate({ to: HERE, search: change as never, replace: true })
  }, [name, wrong, path, navigate])
  return known
}

/** The router’s word for the address that is shown. */
const HERE = '.'
