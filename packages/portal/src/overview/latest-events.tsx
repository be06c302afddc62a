import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { EventDays } from '../record/event-days.tsx'
import { latestEventsQuery } from '../record/latest-events-query.ts'
import { Panel } from '../ui/panel.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'

/** After an import, hundreds say the same: they are read to be counted. */
const READ = 200
const SHOWN = 8

export function LatestEvents() {
  const { t } = useTranslation()
  const latest = useQuery(latestEventsQuery(READ))
  if (latest.isError) return null
  return (
    <Panel
      title={t('overview.latest.title')}
      flush
      actions={
        <Link to="/record" className="rounded-sm text-13 text-accent hover:underline">
          {t('overview.latest.open')}
        </Link>
      }
    >
      {latest.data === undefined ? (
        <SkeletonLines lines={6} label={t('ui.loading')} />
      ) : (
        <EventDays
          events={latest.data.items}
          hasMore={latest.data.next !== null}
          mostLines={SHOWN}
        />
      )}
    </Panel>
  )
}
