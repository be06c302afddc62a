import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { RefreshCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { usePages } from '../pages/use-pages.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { LevelBar } from '../ui/level-bar.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { cancelRotationOrder, rotationOrdersQuery } from './key-queries.ts'

const route = getRouteApi('/signed-in/keys')

const HEALTH = { running: 'attention', done: 'good', cancelled: 'unknown' } as const

/** What operators ordered, newest first, and how far it has come. */
export function RotationOrders() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const query = useQuery(rotationOrdersQuery(search.after))
  const pages = usePages(search, query.error)
  return (
    <Panel title={t('keys.orders.title')} flush>
      <QueryList
        query={query}
        failed={t('keys.orders.failed')}
        skeletonRows={3}
        empty={
          <Empty icon={<RefreshCw aria-hidden="true" />} title={t('keys.orders.empty')}>
            {t('keys.orders.empty-text')}
          </Empty>
        }
        pages={pages}
      >
        {(rows) => (
          <ul className="divide-y divide-line">
            {rows.map((order) => (
              <OrderRow key={order.orderId} order={order} />
            ))}
          </ul>
        )}
      </QueryList>
    </Panel>
  )
}

function OrderRow({ order }: { order: RotationOrderView }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('key:rotate')
  const cancel = useMutation({
    mutationFn: () => cancelRotationOrder(order.orderId),
    onSuccess: async () => {
      tell(t('keys.orders.cancelled'))
      await readAgain(client, stale('listRotationOrders'))
    },
  })
  return (
    <li className="flex flex-col gap-2 px-4 py-3 text-13">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 font-medium">
          {t('keys.orders.devices', { count: order.devices })}
          <span className="font-normal text-muted"> · {t(`reasons.${order.reason}`)}</span>
        </p>
        <StateMark health={HEALTH[order.state]}>{t(`keys.orders.state.${order.state}`)}</StateMark>
        {order.state === 'running' && (
          <Button
            shape="quiet"
            refusal={refusal}
            busy={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {t('keys.orders.cancel')}
          </Button>
        )}
      </div>
      <LevelBar
        share={order.devices === 0 ? 1 : order.rotated / order.devices}
        health={HEALTH[order.state]}
      />
      <p className="tabular text-12 text-muted">
        {order.filling !== null && (
          <>
            {t('keys.orders.filling', {
              done: order.filling.done,
              count: order.filling.devices,
            })}{' '}
            ·{' '}
          </>
        )}
        {order.cancelling !== null && (
          <>
            {t('keys.orders.cancelling', {
              done: order.cancelling.done,
              count: order.cancelling.devices,
            })}{' '}
            ·{' '}
          </>
        )}
        {t('keys.orders.progress', { rotated: order.rotated, count: order.devices })} ·{' '}
        {order.state === 'running' && (
          <>
            {t('keys.orders.until')} <Moment at={order.windowEnd} /> ·{' '}
          </>
        )}
        {order.orderedBy}
      </p>
      {cancel.isError && <ProblemNote error={cancel.error} />}
    </li>
  )
}
