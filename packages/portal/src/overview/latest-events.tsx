import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { EventDays } from '../record/event-days.tsx'
import { latestEventsQuery } from '../record/latest-events-query.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'

/** After an import, hundreds say the same: they are read to be counted. */
const READ = 200
const SHOWN = 8

export function LatestEvents() {
  const { t } = useTranslation()
  const latest = useQuery(latestEventsQuery(READ))
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
      <QueryPart query={latest} failed={t('record.failed')} lines={6}>
        {({ items, next }) =>
          items.length === 0 ? (
            <p className="p-4 text-13 text-muted">{t('overview.latest.none')}</p>
          ) : (
            <EventDays events={items} hasMore={next !== null} mostLines={SHOWN} />
          )
        }
      </QueryPart>
    </Panel>
  )
}
