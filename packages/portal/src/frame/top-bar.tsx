import { MenuIcon, Search } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../ui/icon-button.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { partChunk } from '../pages/chunk-view.tsx'
import { LiveMark } from './live-mark.tsx'

// The page is read before anybody opens a menu.
const PersonMenu = partChunk(
  () => import('./person-menu.tsx').then((module) => module.PersonMenu),
  <span className="h-8 w-[72px]" />,
)
const NavigationSheet = partChunk(() =>
  import('./navigation-sheet.tsx').then((module) => module.NavigationSheet),
)

interface TopBarProps {
  readonly onSearch: () => void
  readonly onCommand: () => void
  readonly onKeys: () => void
}

export function TopBar({ onSearch, onCommand, onKeys }: TopBarProps) {
  const { t } = useTranslation()
  const [isNavigationOpen, setNavigationOpen] = useState(false)
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-canvas px-3 sm:px-6">
      <div className="md:hidden">
        <IconButton
          label={t('frame.rail.open')}
          icon={<MenuIcon aria-hidden="true" className="size-4" />}
          onClick={() => setNavigationOpen(true)}
        />
      </div>
      {isNavigationOpen && <NavigationSheet open onClose={() => setNavigationOpen(false)} />}
      <button
        type="button"
        onClick={onSearch}
        className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md bg-surface ps-2.5 pe-1.5 text-start text-13 text-muted ring-1 ring-line-strong transition-colors ring-inset hover:ring-edge sm:max-w-md"
      >
        <Search aria-hidden="true" className="size-4 shrink-0" />
        <span className="min-w-0 flex-1 truncate">{t('frame.search.prompt')}</span>
        <span aria-hidden="true" className="hidden sm:block">
          <KeyHint>/</KeyHint>
        </span>
      </button>
      <button
        type="button"
        onClick={onCommand}
        className="hidden h-8 items-center gap-1.5 rounded-md px-2 text-13 text-muted transition-colors hover:bg-hover hover:text-ink lg:flex"
      >
        {t('frame.command.open')}
        <span aria-hidden="true" className="flex gap-0.5">
          <KeyHint>Ctrl</KeyHint>
          <KeyHint>K</KeyHint>
        </span>
      </button>
      <div className="ms-auto flex items-center gap-1">
        <LiveMark />
        <PersonMenu onKeys={onKeys} />
      </div>
    </header>
  )
}
