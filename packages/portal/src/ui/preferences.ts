import { useSyncExternalStore } from 'react'

/** What a person set for this browser. Nothing here is a secret or a fact; it may vanish at any time. */
export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark'
  readonly isRailNarrow: boolean
  /** WCAG 2.2 §2.1.4: shortcuts of a single letter can be turned off. */
  readonly hasLetterKeys: boolean
  readonly hiddenDeviceColumns: readonly string[]
}

const DEFAULTS: Preferences = {
  theme: 'system',
  isRailNarrow: false,
  hasLetterKeys: true,
  hiddenDeviceColumns: [],
}

const KEY = 'sanad.preferences'
// Read by first-paint.js before this program has loaded.
const THEME_KEY = 'sanad.theme'

let current = read()
const listeners = new Set<() => void>()

function read(): Preferences {
  try {
    const text = localStorage.getItem(KEY)
    const stored: unknown = text === null ? {} : JSON.parse(text)
    return typeof stored === 'object' ? { ...DEFAULTS, ...stored } : DEFAULTS
  } catch {
    return DEFAULTS
  }
}

export function setPreference<Name extends keyof Preferences>(
  name: Name,
  value: Preferences[Name],
): void {
  current = { ...current, [name]: value }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
    if (name === 'theme') localStorage.setItem(THEME_KEY, current.theme)
  } catch {
    // Without storage the choice holds until the page is left.
  }
  if (name === 'theme') applyTheme(current.theme)
  for (const listener of listeners) listener()
}

function applyTheme(theme: Preferences['theme']): void {
  const root = document.documentElement
  if (theme === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = theme
}

export function preferences(): Preferences {
  return current
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, preferences)
}
