import { Outlet, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLiveUpdates } from '../api/live.ts'
import { fetchChunksWhenIdle } from '../pages/chunk.ts'
import { partChunk } from '../pages/chunk-view.tsx'
import { type KeyAct, useLetterKeys } from '../ui/letter-keys.ts'
import { OfflineBanner } from './offline-banner.tsx'
import { preferences } from '../ui/preferences.ts'
import { Rail } from './rail.tsx'
import { RouteAnnouncer } from './route-announcer.tsx'
import { SECTIONS } from './sections.ts'
import { TopBar } from './top-bar.tsx'
import { keepTyped, takeEarlyTyped, takeTyped } from '../ui/typed-ahead.ts'
import { WrongSearchNote } from '../pages/wrong-search-note.tsx'

// Nobody needs them in the first second.
const Palette = partChunk(() => import('./palette.tsx').then((module) => module.Palette))
const KeysDialog = partChunk(() => import('./keys-dialog.tsx').then((module) => module.KeysDialog))

const SEQUENCE_MS = 1_200

/** What stands around every screen of somebody who is signed in. */
export function Frame() {
  const { t } = useTranslation()
  const { palette, open, close } = usePalette()
  const [areKeysShown, setKeysShown] = useState(false)
  useLiveUpdates()
  useEffect(fetchChunksWhenIdle, [])
  useControlK(() => open('command'))
  const goTo = useGoKeys()
  useLetterKeys({ '/': () => open('search'), '?': () => setKeysShown(true), ...goTo })
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="fixed start-3 top-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-13 font-medium text-on-accent focus:translate-y-0"
      >
        {t('frame.skip')}
      </a>
      <Rail />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar
          onSearch={() => open('search')}
          onCommand={() => open('command')}
          onKeys={() => setKeysShown(true)}
        />
        <OfflineBanner />
        <WrongSearchNote />
        <main id="main" tabIndex={-1} className="flex-1">
          <Outlet />
        </main>
      </div>
      <RouteAnnouncer />
      {palette !== undefined && (
        <Palette mode={palette} onClose={close} onKeys={() => setKeysShown(true)} />
      )}
      {areKeysShown && <KeysDialog open onClose={() => setKeysShown(false)} />}
    </div>
  )
}

/** The search or the commands; from the key that opens them on, no other key is lost. */
function usePalette() {
  // From its first rendering on, the keys of the frame count.
  const [palette, setPalette] = useState<'search' | 'command' | undefined>(searchAskedForEarly)
  const open = (mode: 'search' | 'command') => {
    keepTyped()
    setPalette(mode)
  }
  const close = () => {
    takeTyped()
    setPalette(undefined)
  }
  return { palette, open, close }
}

function searchAskedForEarly(): 'search' | undefined {
  const early = takeEarlyTyped()
  if (early === undefined || !preferences().hasLetterKeys) return undefined
  keepTyped(early)
  return 'search'
}

function useControlK(open: () => void): void {
  const latest = useRef(open)
  useEffect(() => {
    latest.current = open
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      latest.current()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}

/** `g` and then a section’s letter. */
function useGoKeys(): Record<string, KeyAct> {
  const navigate = useNavigate()
  // Not 0: in the page’s first second, a letter alone would count as the second of a pair.
  const pressedAt = useRef(-Infinity)
  const bindings: Record<string, KeyAct> = {
    g: (event) => {
      pressedAt.current = event.timeStamp
    },
  }
  for (const section of SECTIONS) {
    bindings[section.letter] = (event) => {
      if (event.timeStamp - pressedAt.current > SEQUENCE_MS) return false
      pressedAt.current = -Infinity
      void navigate({ to: section.to })
      return true
    }
  }
  return bindings
}
