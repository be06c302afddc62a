/**
 * Keeps what is typed from the moment the search was asked for until its field has the focus: its file may have to
 * be fetched first, and a barcode scanner does not wait.
 */
export interface Typed {
  readonly text: string
  /** Enter was pressed behind the text: open what it finds. */
  readonly isEntered: boolean
}

declare global {
  interface Window {
    /** Of public/first-paint.js: the keys from `/` on, pressed before this program was here. */
    sanadEarlyKeys?: { readonly take: () => string[] }
  }
}

const NOTHING: Typed = { text: '', isEntered: false }
/** Longer than any serial number (MF §3: 64 characters). */
const LONGEST = 256

/** Other keys have names: `Tab`, `F1` (UI Events §3.4). */
const isCharacter = (key: string): boolean => /^.$/su.test(key)

/** One key more. What comes behind Enter belongs to no search. */
export function withKey(typed: Typed, key: string): Typed {
  if (typed.isEntered) return typed
  if (key === 'Enter') return { ...typed, isEntered: typed.text.trim() !== '' }
  if (key === 'Backspace') return { ...typed, text: typed.text.replace(/.$/su, '') }
  return isCharacter(key) && typed.text.length < LONGEST
    ? { ...typed, text: typed.text + key }
    : typed
}

let typed: Typed | undefined

function listen(event: KeyboardEvent): void {
  const isShortcut = (event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph')
  if (typed === undefined || isShortcut || event.isComposing) return
  if (event.key === 'Escape') return void takeTyped()
  if (!isCharacter(event.key) && event.key !== 'Enter' && event.key !== 'Backspace') return
  typed = withKey(typed, event.key)
  // Nothing else may take it for a shortcut, or press the button that has the focus.
  event.preventDefault()
  event.stopImmediatePropagation()
}

/** From now on, every key is kept for the search that opens. */
export function keepTyped(from: Typed = NOTHING): void {
  if (typed !== undefined) return
  typed = from
  document.addEventListener('keydown', listen, true)
}

/** What was typed so far; from now on the field takes the keys itself. */
export function takeTyped(): Typed {
  document.removeEventListener('keydown', listen, true)
  const taken = typed ?? NOTHING
  typed = undefined
  return taken
}

/** What was typed behind `/` before the program was here; undefined where no search was asked for. */
export function takeEarlyTyped(): Typed | undefined {
  const [slash, ...keys] = window.sanadEarlyKeys?.take() ?? []
  return slash === undefined ? undefined : keys.reduce(withKey, NOTHING)
}
