import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { SEVERITY_HEALTH } from '../findings/finding-health.ts'
import { findingCountsQuery } from '../findings/finding-queries.ts'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'

/** What the daily audit found, each with the list behind it; nothing is shown while there is nothing. */
export function AuditFindings() {
  const { t } = useTranslation()
  const { data: counts, error, refetch } = useQuery(findingCountsQuery)
  const found = counts?.checks.filter(({ open }) => open > 0) ?? []
  if (error !== null)
    return <ProblemNote error={error} what={t('findings.failed')} onRetry={() => void refetch()} />
  if (counts === undefined || found.length === 0) return null
  return (
    <Panel
      title={t('overview.audit')}
      note={counts.auditedAt !== null && <Moment at={counts.auditedAt} />}
      flush
    >
      <ul className="py-1">
        {found.map(({ check, severity, open }) => (
          <li key={check}>
            <Link
              to="/findings"
              search={{ check }}
              className="group flex min-h-9 items-center gap-3 px-4 py-1 text-13 transition-colors hover:bg-hover focus-visible:-outline-offset-2"
            >
              <HealthIcon health={SEVERITY_HEALTH[severity]} />
              <span className="min-w-0 flex-1">
                <span className="sr-only">{t(`ui.health.${SEVERITY_HEALTH[severity]}`)}: </span>
                {t(`findings.check.${check}`)}
              </span>
              <span className="tabular text-muted">{t('keys.number', { count: open })}</span>
              <ChevronRight
                aria-hidden="true"
                className="size-4 shrink-0 text-faint rtl:-scale-x-100"
              />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
