import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ForecastChart } from '../keys/forecast-chart.tsx'
import { forecastQuery } from '../keys/key-queries.ts'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'

/** The next sixty days of keys, and whether any device will fail in them. */
export function KeysDue() {
  const { t } = useTranslation()
  const { data: forecast, error, refetch } = useQuery(forecastQuery({ by: 'model', days: 60 }))
  if (error !== null)
    return (
      <ProblemNote
        error={error}
        what={t('keys.forecast.not-loaded')}
        onRetry={() => void refetch()}
      />
    )
  if (forecast === undefined || forecast.devices === 0) return null
  return (
    <Panel
      title={t('overview.keys.title')}
      note={t('overview.keys.fail', { count: forecast.willFail.in30Days })}
      actions={
        <Link to="/keys" className="rounded-sm text-13 text-accent hover:underline">
          {t('overview.keys.open')}
        </Link>
      }
    >
      <ForecastChart days={forecast.days} />
    </Panel>
  )
}
