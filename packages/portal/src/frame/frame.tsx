import { Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLiveUpdates } from '../api/live.ts'
import { type KeyAct, useLetterKeys } from './letter-keys.ts'
import { OfflineBanner } from './offline-banner.tsx'
import { Rail } from './rail.tsx'
import { RouteAnnouncer } from './route-announcer.tsx'
import { SECTIONS } from './sections.ts'
import { TopBar } from './top-bar.tsx'

// Nobody needs them in the first second.
const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })))
const KeysDialog = lazy(() =>
  import('./keys-dialog.tsx').then((module) => ({ default: module.KeysDialog })),
)

const SEQUENCE_MS = 1_200

/** What stands around every screen of somebody who is signed in. */
export function Frame() {
  const { t } = useTranslation()
  const [palette, setPalette] = useState<'search' | 'command' | undefined>()
  const [areKeysShown, setKeysShown] = useState(false)
  useLiveUpdates()
  useControlK(() => setPalette('command'))
  const goTo = useGoKeys()
  useLetterKeys({ '/': () => setPalette('search'), '?': () => setKeysShown(true), ...goTo })
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
          onSearch={() => setPalette('search')}
          onCommand={() => setPalette('command')}
          onKeys={() => setKeysShown(true)}
        />
        <OfflineBanner />
        <main id="main" tabIndex={-1} className="flex-1">
          <Outlet />
        </main>
      </div>
      <RouteAnnouncer />
      {palette !== undefined && (
        <Suspense>
          <Palette
            mode={palette}
            onClose={() => setPalette(undefined)}
            onKeys={() => setKeysShown(true)}
          />
        </Suspense>
      )}
      {areKeysShown && (
        <Suspense>
          <KeysDialog open onClose={() => setKeysShown(false)} />
        </Suspense>
      )}
    </div>
  )
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
