import type { GroupView } from '@sanad/protocol/operator-api/groups'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import { DEVICE_TYPE_CHOICES, LEVEL_CHOICES, type DeviceSearch } from './device-search.ts'

/** A filter as it is typed: `state:registered`, `model:"FS-80H"`. */
export const FILTER_KEYS = [
  'state',
  'type',
  'level',
  'make',
  'model',
  'group',
  'country',
  'connected',
  'expires',
  'silent',
  'sbi',
  'firmware',
  'client',
  'import',
] as const
export type FilterKey = (typeof FILTER_KEYS)[number]

/** Their values are whatever a device reports: typed, and not chosen from a list. */
const FREE_KEYS: ReadonlySet<FilterKey> = new Set<FilterKey>(['sbi', 'firmware', 'client'])
/** As people say them; any other number can be typed. */
const DAYS_TO_END = ['7', '30', '90'] as const
const HOURS_OF_SILENCE = ['24', '72', '168', '720'] as const

const unique = (values: readonly string[]): readonly string[] =>
  [...new Set(values)].toSorted((a, b) => a.localeCompare(b))

export interface FilterToken {
  readonly key: FilterKey
  /** What stands in the address. */
  readonly value: string
  /** What a person types and reads. */
  readonly label: string
}

export function everyToken(
  models: readonly ModelView[],
  groups: readonly GroupView[],
): readonly FilterToken[] {
  return [
    ...DEVICE_STATES.map((value) => ({ key: 'state', value, label: value }) as const),
    ...DEVICE_TYPE_CHOICES.map((value) => ({ key: 'type', value, label: value }) as const),
    ...LEVEL_CHOICES.map((value) => ({ key: 'level', value, label: value }) as const),
    ...models.map(
      ({ modelId, make, model }) =>
        ({ key: 'model', value: modelId, label: `${make} ${model}` }) as const,
    ),
    ...unique(models.map(({ make }) => make)).map(
      (value) => ({ key: 'make', value, label: value }) as const,
    ),
    ...groups.map(({ groupId, name }) => ({ key: 'group', value: groupId, label: name }) as const),
    { key: 'group', value: 'none', label: 'none' },
    ...unique(groups.flatMap(({ country }) => country ?? [])).map(
      (value) => ({ key: 'country', value, label: value }) as const,
    ),
    ...(['yes', 'no'] as const).map(
      (value) => ({ key: 'connected', value, label: value }) as const,
    ),
    ...DAYS_TO_END.map((value) => ({ key: 'expires', value, label: `${value} d` }) as const),
    ...HOURS_OF_SILENCE.map((value) => ({ key: 'silent', value, label: `${value} h` }) as const),
  ]
}

export function chosenTokens(search: DeviceSearch, tokens: readonly FilterToken[]): FilterToken[] {
  const chosen = FILTER_KEYS.flatMap((key): [FilterKey, string][] =>
    [search[key] ?? []].flat().map((value) => [key, value]),
  )
  return chosen.map(
    ([key, value]) =>
      tokens.find((token) => token.key === key && token.value === value) ?? {
        key,
        value,
        label: value,
      },
  )
}

/** What the typed text could become: a key first, then its values. */
export function suggestTokens(
  typed: string,
  tokens: readonly FilterToken[],
  chosen: readonly FilterToken[],
): readonly FilterToken[] {
  const { key, words } = splitTyped(typed)
  if (key === undefined && words === '') return []
  if (key !== undefined && FREE_KEYS.has(key)) return freeToken(typed)
  return tokens
    .filter((token) => !chosen.some((each) => each.key === token.key && each.value === token.value))
    .filter((token) =>
      key === undefined
        ? token.label.toLowerCase().includes(words)
        : token.key === key && token.label.toLowerCase().includes(words),
    )
    .slice(0, 8)
}

/** The token that the text spells out in full, if it does. */
export function exactToken(typed: string, tokens: readonly FilterToken[]): FilterToken | undefined {
  const { key, words } = splitTyped(typed)
  if (key === undefined) return undefined
  if (FREE_KEYS.has(key)) return freeToken(typed)[0]
  if (isNumberKey(key) && /^[1-9]\d{0,4}$/.test(words)) return { key, value: words, label: words }
  return tokens.find((token) => token.key === key && token.label.toLowerCase() === words)
}

/** `state:reg`: a key of ours and a colon. */
export const isHalfToken = (typed: string): boolean => splitTyped(typed).key !== undefined

const isNumberKey = (key: FilterKey): boolean => key === 'expires' || key === 'silent'

/** As it was typed: versions are compared letter by letter. */
function freeToken(typed: string): readonly FilterToken[] {
  const { key } = splitTyped(typed)
  const value = typed
    .slice(typed.indexOf(':') + 1)
    .replaceAll('"', '')
    .trim()
  return key === undefined || value === '' ? [] : [{ key, value, label: value }]
}

function splitTyped(typed: string): { key: FilterKey | undefined; words: string } {
  const text = typed.trimStart().toLowerCase()
  const colon = text.indexOf(':')
  const key = FILTER_KEYS.find((each) => each === text.slice(0, colon))
  const rest = key === undefined ? text : text.slice(colon + 1)
  return { key, words: rest.replaceAll('"', '').trim() }
}

export function withToken(search: DeviceSearch, token: FilterToken): DeviceSearch {
  const { after: _, page: __, ...rest } = search
  if (token.key !== 'state') return { ...rest, [token.key]: token.value }
  const states = DEVICE_STATES.filter(
    (state) => state === token.value || search.state?.includes(state) === true,
  )
  return { ...rest, state: states }
}

export function withoutToken(search: DeviceSearch, token: FilterToken): DeviceSearch {
  const { after: _, page: __, ...rest } = search
  const { [token.key]: ___, ...without } = rest
  const states = (search.state ?? []).filter((state) => state !== token.value)
  return token.key === 'state' && states.length > 0 ? { ...without, state: states } : without
}
