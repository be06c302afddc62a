import { useNavigate } from '@tanstack/react-router'
import { Keyboard, LogOut, Monitor, Moon, Sun, Upload } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../session/session.ts'
import { useSignOut } from './person-menu.tsx'
import { setPreference } from '../ui/preferences.ts'
import { SECTIONS } from './sections.ts'

export interface Command {
  readonly id: string
  readonly label: string
  readonly icon: ReactNode
  readonly note?: ReactNode
  readonly run: () => void
}

/** Everything that can be done from anywhere, as far as the person may do it. */
export function useCommands(onKeys: () => void): readonly Command[] {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const permissions = useSession()?.permissions ?? []
  const leave = useSignOut()
  const places = SECTIONS.filter((section) => permissions.includes(section.permission)).map(
    (section): Command => ({
      id: `go-${section.name}`,
      label: t('frame.command.go', { place: t(`frame.section.${section.name}`) }),
      icon: <section.icon aria-hidden="true" />,
      run: () => void navigate({ to: section.to }),
    }),
  )
  const deeds: (Command | false)[] = [
    permissions.includes('import:manage') && {
      id: 'import',
      label: t('frame.command.import'),
      icon: <Upload aria-hidden="true" />,
      run: () => void navigate({ to: '/imports' }),
    },
    {
      id: 'theme-light',
      label: t('frame.command.theme', { theme: t('frame.theme.light') }),
      icon: <Sun aria-hidden="true" />,
      run: () => setPreference('theme', 'light'),
    },
    {
      id: 'theme-dark',
      label: t('frame.command.theme', { theme: t('frame.theme.dark') }),
      icon: <Moon aria-hidden="true" />,
      run: () => setPreference('theme', 'dark'),
    },
    {
      id: 'theme-system',
      label: t('frame.command.theme', { theme: t('frame.theme.system') }),
      icon: <Monitor aria-hidden="true" />,
      run: () => setPreference('theme', 'system'),
    },
    {
      id: 'keys',
      label: t('frame.keys.title'),
      icon: <Keyboard aria-hidden="true" />,
      run: onKeys,
    },
    {
      id: 'sign-out',
      label: t('session.sign-out'),
      icon: <LogOut aria-hidden="true" />,
      run: leave,
    },
  ]
  return [...places, ...deeds.filter((deed): deed is Command => deed !== false)]
}
