import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import type { FtmListView, FtmRevocationView } from '@sanad/protocol/operator-api/ftm-revocation'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { readProblem } from '../api/problem.ts'
import { problemText } from '../i18n/problem-text.ts'
import { calendarDay, exactUtc } from '../i18n/time.ts'
import { Sheet } from '../ui/dialog.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { ImportListForm, RevocationPolicyForm } from './ftm-revocation-forms.tsx'
import { ftmRevocationQuery } from './model-queries.ts'

const HEALTH: Record<FtmRevocationView['status'], Health> = {
  none: 'attention',
  current: 'good',
  stale: 'attention',
}

/** Whether it is known which chips of a provider were revoked. */
export function RevocationMark({ revocation }: { revocation: FtmRevocationView }) {
  const { t } = useTranslation()
  const { status, until, revocationPolicy } = revocation
  const isIgnored = revocationPolicy === 'ignore' && status !== 'current'
  return (
    <StateMark health={isIgnored ? 'unknown' : HEALTH[status]}>
      {t(`models.ftm-lists.status.${status}`, { day: until === null ? '' : calendarDay(until) })}
    </StateMark>
  )
}

/** What is known of a provider's revoked chips, from where, and what is done without it. */
export function FtmRevocationSheet({
  provider,
  onClose,
}: {
  provider: FtmProviderView
  onClose: () => void
}) {
  const { t } = useTranslation()
  const query = useQuery(ftmRevocationQuery(provider.ftmProviderId))
  return (
    <Sheet
      open
      onClose={onClose}
      title={t('models.ftm-lists.sheet', { name: provider.name })}
      note={t('models.ftm-lists.note')}
    >
      {query.isPending && <SkeletonLines lines={6} label={t('ui.loading')} />}
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('models.ftm-lists.failed')}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data !== undefined && (
        <div className="flex flex-col gap-6 text-13">
          <Known revocation={query.data} />
          <ImportListForm provider={provider} />
          <RevocationPolicyForm provider={provider} revocation={query.data} />
        </div>
      )}
    </Sheet>
  )
}

function Known({ revocation }: { revocation: FtmRevocationView }) {
  const { t } = useTranslation()
  const { issuersWithoutList, lists, failure } = revocation
  return (
    <div className="flex flex-col gap-3">
      <p>
        <RevocationMark revocation={revocation} />
      </p>
      {lists.length > 0 && (
        <ul className="divide-y divide-line rounded-lg ring-1 ring-line ring-inset">
          {lists.map((list) => (
            <ListRow key={list.issuer} list={list} />
          ))}
        </ul>
      )}
      {issuersWithoutList.length > 0 && (
        <p className="text-muted">
          {t('models.ftm-lists.without', { issuers: issuersWithoutList.join('; ') })}
        </p>
      )}
      {failure !== null && (
        <p className="rounded-lg bg-bad-soft p-3">
          {t('models.ftm-lists.fetch-failed', {
            at: exactUtc(failure.at),
            why: problemText(t, readCode(failure.code)).why,
          })}{' '}
          <span className="text-muted">{failure.detail}</span>
        </p>
      )}
    </div>
  )
}

/** Of a newer server, a code that is not known here. */
const readCode = (code: string) => readProblem(0, { code }, null).code

function ListRow({ list }: { list: FtmListView }) {
  const { t } = useTranslation()
  const { issuer, crlNumber, revoked, nextUpdate, source, importedBy, takenAt, url } = list
  const day = calendarDay(takenAt)
  return (
    <li className="flex flex-col gap-0.5 p-3">
      <span className="font-medium break-words">{issuer}</span>
      <span>
        {t('models.ftm-lists.list', { number: crlNumber, count: revoked })},{' '}
        {t('models.ftm-lists.until', { day: calendarDay(nextUpdate) })}
      </span>
      <span className="text-12 break-words text-muted">
        {source === 'imported'
          ? t('models.ftm-lists.imported', {
              name: importedBy ?? t('models.ftm-lists.unknown-operator'),
              day,
            })
          : t('models.ftm-lists.fetched', { day, url })}
      </span>
    </li>
  )
}
