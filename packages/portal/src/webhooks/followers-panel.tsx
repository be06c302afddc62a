import type { FollowerView } from '@sanad/protocol/operator-api/followers'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { followersQuery, isWebhook } from './webhook-queries.ts'

const HEALTH_OF: Record<FollowerView['state'], Health> = {
  active: 'good',
  failing: 'attention',
  stopped: 'bad',
}

/** What takes the record besides webhooks, which have rows of their own. */
export function FollowersPanel() {
  const { t } = useTranslation()
  const query = useQuery(followersQuery)
  const head = query.data?.head
  return (
    <Panel
      title={t('webhooks.followers.title')}
      note={head === undefined ? undefined : t('webhooks.followers.head', { seq: head })}
      flush
    >
      <QueryList query={query} failed={t('webhooks.followers.failed')} skeletonRows={1}>
        {(rows) => <FollowerRows rows={rows.filter((row) => !isWebhook(row))} />}
      </QueryList>
    </Panel>
  )
}

function FollowerRows({ rows }: { rows: readonly FollowerView[] }) {
  const { t } = useTranslation()
  if (rows.length === 0)
    return <p className="px-4 py-3 text-13 text-muted">{t('webhooks.followers.none')}</p>
  return (
    <ul aria-label={t('webhooks.followers.title')} className="divide-y divide-line text-13">
      {rows.map((row) => (
        <FollowerRow key={row.name} follower={row} />
      ))}
    </ul>
  )
}

function FollowerRow({ follower }: { follower: FollowerView }) {
  const { t } = useTranslation()
  const { name, label, state, place, behind, lastSuccessAt, lastFailure } = follower
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <h3 className="font-medium">{label ?? <code className="wrap-anywhere">{name}</code>}</h3>
        <p>
          {t('webhooks.followers.place', { seq: place })}
          {' · '}
          {t('webhooks.behind', { count: behind })}
          {lastSuccessAt !== null && (
            <>
              {' · '}
              {t('webhooks.followers.last-success')} <Moment at={lastSuccessAt} />
            </>
          )}
        </p>
        {lastFailure !== null && <p className="text-attention">{lastFailure.sentence}</p>}
      </div>
      <StateMark badge health={HEALTH_OF[state]}>
        {t(`webhooks.followers.state.${state}`)}
      </StateMark>
    </li>
  )
}
