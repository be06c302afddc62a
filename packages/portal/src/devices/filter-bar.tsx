import { useQuery } from '@tanstack/react-query'
import { clsx } from 'clsx'
import { ListFilter, X } from 'lucide-react'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLetterKeys } from '../ui/letter-keys.ts'
import { modelsQuery } from '../models/model-queries.ts'
import { groupsQuery } from '../policies/policy-queries.ts'
import type { DeviceSearch } from './device-search.ts'
import { FilterMenu } from './filter-menu.tsx'
import {
  chosenTokens,
  everyToken,
  exactToken,
  isHalfToken,
  suggestTokens,
  withoutToken,
  withToken,
  type FilterToken,
} from './filter-tokens.ts'

interface FilterBarProps {
  readonly search: DeviceSearch
  readonly onSearch: (search: DeviceSearch) => void
}

const TYPING_MS = 220

/** Filters as tokens: typed, picked from suggestions, or picked from the menu. */
export function FilterBar({ search, onSearch }: FilterBarProps) {
  const { t } = useTranslation()
  const listId = useId()
  const input = useRef<HTMLInputElement>(null)
  const models = useQuery(modelsQuery).data?.items
  const groups = useQuery(groupsQuery).data?.items
  const tokens = useMemo(() => everyToken(models ?? [], groups ?? []), [models, groups])
  const chosen = chosenTokens(search, tokens)
  const typing = useTypedText(search, onSearch)
  const [index, setIndex] = useState(-1)
  const [isOpen, setOpen] = useState(false)
  const suggestions = isOpen ? suggestTokens(typing.text, tokens, chosen) : []
  const current = suggestions[index]
  useLetterKeys({ f: () => input.current?.focus() })

  const choose = (token: FilterToken) => {
    setIndex(-1)
    setOpen(false)
    typing.clear()
    const { q: _, ...rest } = search
    onSearch(withToken(rest, token))
  }
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    const exact = exactToken(typing.text, tokens)
    const last = chosen.at(-1)
    const only = suggestions.length === 1 && typing.text.includes(':') ? suggestions[0] : undefined
    if (event.key === 'ArrowDown') setIndex(Math.min(index + 1, suggestions.length - 1))
    else if (event.key === 'ArrowUp') setIndex(Math.max(index - 1, -1))
    else if (event.key === 'Enter' && current !== undefined) choose(current)
    else if (event.key === 'Enter' && exact !== undefined) choose(exact)
    else if (event.key === 'Enter' && only !== undefined) choose(only)
    else if (event.key === 'Escape' && isOpen && suggestions.length > 0) setOpen(false)
    else if (event.key === 'Escape') input.current?.blur()
    else if (event.key === 'Backspace' && typing.text === '' && last !== undefined)
      onSearch(withoutToken(search, last))
    else return
    event.preventDefault()
  }
  return (
    <div className="relative min-w-0 flex-1">
      <div className="flex min-h-9 flex-wrap items-center gap-1.5 rounded-md bg-surface py-1 ps-2.5 pe-1 ring-1 ring-edge ring-inset focus-within:ring-2 focus-within:ring-focus">
        <ListFilter aria-hidden="true" className="size-4 shrink-0 text-muted" />
        {chosen.map((token) => (
          <Token
            key={`${token.key}:${token.value}`}
            token={token}
            onRemove={() => onSearch(withoutToken(search, token))}
          />
        ))}
        <input
          ref={input}
          role="combobox"
          aria-label={t('devices.filter.label')}
          aria-expanded={suggestions.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={current === undefined ? undefined : `${listId}-${index}`}
          placeholder={chosen.length === 0 ? t('devices.filter.prompt') : t('devices.filter.more')}
          autoComplete="off"
          spellCheck={false}
          value={typing.text}
          onChange={(event) => {
            typing.type(event.target.value, tokens)
            setOpen(true)
            setIndex(-1)
          }}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
          className="h-7 min-w-24 flex-1 bg-transparent text-13 outline-none"
        />
        <FilterMenu search={search} tokens={tokens} chosen={chosen} onSearch={onSearch} />
      </div>
      <Suggestions listId={listId} suggestions={suggestions} index={index} onChoose={choose} />
    </div>
  )
}

/** The free words of the filter: shown as typed, put into the address when the typing pauses. */
function useTypedText(search: DeviceSearch, onSearch: (search: DeviceSearch) => void) {
  const [text, setText] = useState(search.q ?? '')
  const [seen, setSeen] = useState(search.q)
  // The address changed under us: back button, or a link to another filter.
  if (seen !== search.q) {
    setSeen(search.q)
    if ((search.q ?? '') !== text.trim()) setText(search.q ?? '')
  }
  const latest = useRef({ search, onSearch })
  useEffect(() => {
    latest.current = { search, onSearch }
  })
  useEffect(() => {
    const words = text.trim()
    if (words === (latest.current.search.q ?? '')) return
    // A half-typed token is not a search for its letters; a serial number may have a colon.
    if (isHalfToken(words)) return
    const timer = setTimeout(() => {
      const { q: _, after: __, page: ___, ...rest } = latest.current.search
      latest.current.onSearch(words === '' ? rest : { ...rest, q: words })
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return {
    text,
    clear: () => setText(''),
    type: (typed: string, tokens: readonly FilterToken[]) => {
      const exact = typed.endsWith(' ') ? exactToken(typed, tokens) : undefined
      if (exact === undefined) return setText(typed)
      setText('')
      const { q: _, ...rest } = search
      onSearch(withToken(rest, exact))
    },
  }
}

function Token({ token, onRemove }: { token: FilterToken; onRemove: () => void }) {
  const { t } = useTranslation()
  const name = t(`devices.filter.key.${token.key}`)
  return (
    <span className="inline-flex h-6 items-center rounded-sm bg-accent-soft ps-2 text-12 text-accent">
      <span className="opacity-80">{name}:</span>
      <span className="ms-1 font-medium">{token.label}</span>
      <button
        type="button"
        aria-label={t('devices.filter.remove', { name, value: token.label })}
        onClick={onRemove}
        className="ms-0.5 inline-flex size-6 items-center justify-center rounded-sm hover:text-ink"
      >
        <X aria-hidden="true" className="size-3" />
      </button>
    </span>
  )
}

interface SuggestionsProps {
  readonly listId: string
  readonly suggestions: readonly FilterToken[]
  readonly index: number
  readonly onChoose: (token: FilterToken) => void
}

function Suggestions({ listId, suggestions, index, onChoose }: SuggestionsProps) {
  const { t } = useTranslation()
  return (
    <div
      id={listId}
      role="listbox"
      aria-label={t('devices.filter.suggestions')}
      className={clsx(
        'absolute start-0 top-full z-20 mt-1 min-w-64 rounded-lg bg-raised p-1 shadow-lift',
        suggestions.length === 0 && 'hidden',
      )}
    >
      {suggestions.map((token, place) => (
        // The input keeps the focus and its keys; the pointer is the second way.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
        <div
          key={`${token.key}:${token.value}`}
          id={`${listId}-${place}`}
          role="option"
          aria-selected={place === index}
          onPointerDown={(event) => {
            event.preventDefault()
            onChoose(token)
          }}
          className={clsx(
            'flex h-8 cursor-default items-center rounded-sm px-2 text-13',
            place === index ? 'bg-hover' : 'hover:bg-hover',
          )}
        >
          <span className="text-muted">{t(`devices.filter.key.${token.key}`)}:</span>
          <span className="ms-1">{token.label}</span>
        </div>
      ))}
    </div>
  )
}
