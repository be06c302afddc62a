import { Menu as Base } from '@base-ui/react/menu'
import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { MenuToggle } from '../ui/menu.tsx'
import type { DeviceSearch } from './device-search.ts'
import { FILTER_KEYS, withoutToken, withToken, type FilterToken } from './filter-tokens.ts'

interface FilterMenuProps {
  readonly search: DeviceSearch
  readonly tokens: readonly FilterToken[]
  readonly chosen: readonly FilterToken[]
  readonly onSearch: (search: DeviceSearch) => void
}

/** The same filters for the pointer, all in sight. */
export function FilterMenu({ search, tokens, chosen, onSearch }: FilterMenuProps) {
  const { t } = useTranslation()
  const isChosen = (token: FilterToken) =>
    chosen.some((each) => each.key === token.key && each.value === token.value)
  return (
    <Base.Root>
      <Base.Trigger className="inline-flex h-7 items-center gap-1 rounded-sm px-2 text-13 text-muted transition-colors hover:bg-hover hover:text-ink data-popup-open:bg-hover">
        <Plus aria-hidden="true" className="size-3.5" />
        {t('devices.filter.add')}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={8} className="z-50 outline-none">
          <Base.Popup className="max-h-[70vh] min-w-56 overflow-y-auto rounded-lg bg-raised p-1 text-13 shadow-lift outline-none">
            {FILTER_KEYS.filter((key) => tokens.some((token) => token.key === key)).map((key) => (
              <Base.Group key={key}>
                <Base.GroupLabel className="px-2 pt-2 pb-1 text-12 text-muted">
                  {t(`devices.filter.key.${key}`)}
                </Base.GroupLabel>
                {tokens
                  .filter((token) => token.key === key)
                  .map((token) => (
                    <MenuToggle
                      key={token.value}
                      checked={isChosen(token)}
                      onChange={(checked) =>
                        onSearch(checked ? withToken(search, token) : withoutToken(search, token))
                      }
                    >
                      {token.label}
                    </MenuToggle>
                  ))}
              </Base.Group>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
