import { Columns3 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { setPreference, usePreferences } from '../ui/preferences.ts'
import { buttonClass } from '../ui/button.tsx'
import { Menu, MenuToggle } from '../ui/menu.tsx'
import { OPTIONAL_COLUMNS } from './device-columns.tsx'

const NAMES = {
  model: 'devices.column.model',
  type: 'devices.column.type',
  level: 'devices.column.level',
  key: 'devices.column.key',
  checkIn: 'devices.column.check-in',
  software: 'devices.column.software',
} as const

export function ColumnsMenu() {
  const { t } = useTranslation()
  const { hiddenDeviceColumns: hidden } = usePreferences()
  return (
    <Menu
      trigger={
        <button type="button" className={buttonClass('secondary', 'h-9! max-md:hidden')}>
          <Columns3 aria-hidden="true" className="size-3.5" />
          {t('devices.columns')}
        </button>
      }
    >
      {OPTIONAL_COLUMNS.map((name) => (
        <MenuToggle
          key={name}
          checked={!hidden.includes(name)}
          onChange={(isShown) =>
            setPreference(
              'hiddenDeviceColumns',
              isShown ? hidden.filter((each) => each !== name) : [...hidden, name],
            )
          }
        >
          {t(NAMES[name])}
        </MenuToggle>
      ))}
    </Menu>
  )
}
