import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CircleUserRound, Keyboard, LogOut, Monitor, Moon, Sun, SunMoon } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { signOut, useSession } from '../session/session.ts'
import { iconButtonClass } from '../ui/icon-button.tsx'
import { Menu, MenuChoices, MenuItem, MenuNote, MenuSeparator, MenuToggle } from '../ui/menu.tsx'
import { setPreference, usePreferences } from '../ui/preferences.ts'

export function PersonMenu({ onKeys }: { onKeys: () => void }) {
  const { t } = useTranslation()
  const session = useSession()
  const { hasLetterKeys } = usePreferences()
  const leave = useSignOut()
  const navigate = useNavigate()
  if (session === undefined) return null
  const { name, role } = session.operator
  return (
    <>
      <ThemeMenu />
      <Menu
        trigger={
          <button
            type="button"
            aria-label={t('frame.person.open', { name })}
            className="ms-1 inline-flex size-8 items-center justify-center rounded-full bg-accent-soft text-12 font-semibold text-accent uppercase ring-1 ring-line ring-inset"
          >
            {/* As content of the style sheet: the name of the button is the whole name. */}
            <span data-initials={initials(name)} className="before:content-[attr(data-initials)]" />
          </button>
        }
      >
        <MenuNote>
          <p className="font-medium">{name}</p>
          <p className="text-12 text-muted">{t(`session.role.${role}`)}</p>
        </MenuNote>
        <MenuSeparator />
        <MenuItem
          icon={<CircleUserRound aria-hidden="true" />}
          onSelect={() => void navigate({ to: '/account' })}
        >
          {t('account.title')}
        </MenuItem>
        <MenuItem icon={<Keyboard aria-hidden="true" />} onSelect={onKeys}>
          {t('frame.keys.title')}
        </MenuItem>
        <MenuToggle
          checked={hasLetterKeys}
          onChange={(checked) => setPreference('hasLetterKeys', checked)}
        >
          {t('frame.keys.letters')}
        </MenuToggle>
        <MenuSeparator />
        <MenuItem
          icon={<LogOut aria-hidden="true" className="rtl:-scale-x-100" />}
          onSelect={leave}
        >
          {t('session.sign-out')}
        </MenuItem>
      </Menu>
    </>
  )
}

function ThemeMenu() {
  const { t } = useTranslation()
  const { theme } = usePreferences()
  return (
    <Menu
      trigger={
        <button type="button" aria-label={t('frame.theme.open')} className={iconButtonClass}>
          <SunMoon aria-hidden="true" className="size-4" />
        </button>
      }
    >
      <MenuChoices
        label={t('frame.theme.label')}
        value={theme}
        onChange={(next) => setPreference('theme', next)}
        choices={[
          { value: 'system', label: t('frame.theme.system'), icon: <Monitor aria-hidden="true" /> },
          { value: 'light', label: t('frame.theme.light'), icon: <Sun aria-hidden="true" /> },
          { value: 'dark', label: t('frame.theme.dark'), icon: <Moon aria-hidden="true" /> },
        ]}
      />
    </Menu>
  )
}

export function useSignOut(): () => void {
  const client = useQueryClient()
  const navigate = useNavigate()
  return () => {
    void signOut()
      .catch(() => undefined)
      .then(() => {
        client.clear()
        return navigate({ to: '/sign-in' })
      })
  }
}

function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== '')
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0))
    .join('')
}
