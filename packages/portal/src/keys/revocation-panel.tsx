import type { RevocationListsView } from '@sanad/protocol/operator-api/keys'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { Identifier } from '../ui/identifier.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { revocationListsQuery } from './key-queries.ts'

/** Whether everybody who asks finds out what is revoked. */
export function RevocationPanel() {
  const { t } = useTranslation()
  const query = useQuery(revocationListsQuery)
  return (
    <Panel title={t('keys.revocation.title')} note={t('keys.revocation.note')} flush>
      <QueryPart query={query} failed={t('keys.revocation.failed')}>
        {(lists) => <Issuers lists={lists} />}
      </QueryPart>
    </Panel>
  )
}

function Issuers({ lists: { issuers, problem } }: { lists: RevocationListsView }) {
  const { t } = useTranslation()
  if (issuers.length === 0)
    return <p className="p-4 text-13 text-muted">{t('keys.revocation.none')}</p>
  return (
    <ul className="divide-y divide-line">
      {issuers.map((issuer) => (
        <li key={issuer.crlName} className="flex flex-col gap-1.5 px-4 py-3 text-13">
          <div className="flex items-center gap-3">
            <p className="min-w-0 flex-1 truncate font-medium">{issuer.subject}</p>
            <StateMark health={healthOf(issuer.earliestNextUpdate, problem)}>
              {t(`keys.revocation.${healthOf(issuer.earliestNextUpdate, problem)}`)}
            </StateMark>
          </div>
          <p className="tabular text-muted">
            {t('keys.revocation.counts', { count: issuer.entries, lists: issuer.lists })}
            {issuer.waiting > 0 && ` · ${t('keys.revocation.waiting', { count: issuer.waiting })}`}
          </p>
          {issuer.oldestThisUpdate !== null && issuer.earliestNextUpdate !== null && (
            <p className="text-12 text-muted">
              {t('keys.revocation.signed')} <Moment at={issuer.oldestThisUpdate} /> ·{' '}
              {t('keys.revocation.good-until')} <Moment at={issuer.earliestNextUpdate} />
            </p>
          )}
          <Identifier
            value={issuer.urlPattern}
            what={t('keys.revocation.url')}
            className="text-12"
          />
        </li>
      ))}
    </ul>
  )
}

/** Lists are signed 48 hours ahead, every hour: less than a day left means that it has failed for long. */
function healthOf(nextUpdate: string | null, problem: string | null): Health {
  if (nextUpdate === null) return 'unknown'
  const left = Date.parse(nextUpdate) - Date.now()
  if (left <= 0) return 'bad'
  return problem !== null || left < DAY_MS ? 'attention' : 'good'
}
