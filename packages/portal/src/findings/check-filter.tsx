import { useQuery } from '@tanstack/react-query'
import { clsx } from 'clsx'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { HealthIcon } from '../ui/state-mark.tsx'
import { findingCountsQuery } from './finding-queries.ts'
import type { FindingSearch } from './finding-search.ts'
import { SEVERITY_HEALTH } from './finding-health.ts'

interface CheckFilterProps {
  readonly search: FindingSearch
  readonly onSearch: (search: FindingSearch) => void
}

/** Every check that found something, with how much; one press shows only that. */
export function CheckFilter({ search, onSearch }: CheckFilterProps) {
  const { t } = useTranslation()
  const counts = useQuery(findingCountsQuery).data
  const found = counts?.checks.filter(({ open, suppressed }) => open + suppressed > 0) ?? []
  const silenced = found.reduce((sum, { suppressed }) => sum + suppressed, 0)
  if (found.length === 0) return null
  return (
    <div role="group" aria-label={t('findings.filter')} className="flex flex-wrap gap-2">
      {found
        .filter(({ open }) => open > 0)
        .map(({ check, severity, open }) => {
          const isChosen = search.check === check
          return (
            <Chip
              key={check}
              isChosen={isChosen}
              onPress={() => onSearch(isChosen ? {} : { check })}
            >
              <HealthIcon health={SEVERITY_HEALTH[severity]} className="size-3.5" />
              {t(`findings.check.${check}`)}
              <span className="tabular text-muted">{t('keys.number', { count: open })}</span>
            </Chip>
          )
        })}
      {silenced > 0 && (
        <Chip
          isChosen={search.silenced === true}
          onPress={() => onSearch(search.silenced === true ? {} : { silenced: true })}
        >
          {t('findings.silenced')}
          <span className="tabular text-muted">{t('keys.number', { count: silenced })}</span>
        </Chip>
      )}
    </div>
  )
}

interface ChipProps {
  readonly isChosen: boolean
  readonly onPress: () => void
  readonly children: ReactNode
}

function Chip({ isChosen, onPress, children }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onPress}
      className={clsx(
        'inline-flex h-8 items-center gap-1.5 rounded-full px-3 text-13 ring-1 ring-inset transition-colors',
        isChosen ? 'bg-accent-soft ring-accent' : 'bg-surface ring-line-strong hover:bg-hover',
      )}
    >
      {children}
    </button>
  )
}
