import type { BulkActFailure, BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import { mayDoInBulk } from '@sanad/protocol/operator-api/bulk-acts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { CircleCheck, Download } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { fileUrl, readAgain, stale } from '../api/call.ts'
import { usePages } from '../pages/use-pages.ts'
import { useSession } from '../session/session.ts'
import { isNotThere } from '../api/problem.ts'
import { NotFound } from '../pages/page-problem.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { FactRows } from '../ui/fact-rows.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { bulkActQuery, bulkFailuresQuery, cancelBulkAct, isOver } from './bulk-queries.ts'
import { BulkStateMark } from './bulk-state.tsx'

const route = getRouteApi('/signed-in/bulk-acts/$bulkActId')

/** One act on many devices: how far it is, and what it did not do. */
export function BulkActPage() {
  const { t } = useTranslation()
  const { bulkActId } = route.useParams()
  const query = useQuery(bulkActQuery(bulkActId))
  useFreshDevices(query.data)
  if (isNotThere(query.error)) return <NotFound />
  const name = query.data === undefined ? t('bulk.one') : t(`bulk.act.${query.data.act}.name`)
  return (
    <Page
      name={name}
      crumbs={[{ label: t('bulk.title'), to: '/bulk-acts' }]}
      actions={query.data !== undefined && <Actions act={query.data} />}
    >
      {query.isPending && (
        <Panel flush>
          <SkeletonLines lines={5} label={t('ui.loading')} />
        </Panel>
      )}
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('bulk.one-not-loaded')}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data !== undefined && (
        <>
          <Progress act={query.data} />
          <NotDone act={query.data} />
        </>
      )}
    </Page>
  )
}

/** What the act changed is shown wherever devices are. */
function useFreshDevices(act: BulkActView | undefined) {
  const client = useQueryClient()
  const isEnded = act !== undefined && isOver(act)
  useEffect(() => {
    if (!isEnded) return
    void readAgain(
      client,
      stale('listDevices', 'countDevices', 'listGroups', 'readGroup', 'listEvents'),
    )
  }, [client, isEnded])
}

function Actions({ act }: { act: BulkActView }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const role = useSession()?.operator.role
  const cancelling = useMutation({
    mutationFn: () => cancelBulkAct(act.bulkActId),
    onSettled: () => readAgain(client, stale('listBulkActs', 'readBulkAct', 'listBulkActFailures')),
  })
  const isMine =
    role === undefined || mayDoInBulk(role, { act: act.act })
      ? undefined
      : t('session.refusal.role', { role: t(`session.role.${role}`) })
  return (
    <>
      {act.filter !== null && act.act === 'rotate-key' && (
        <Link to="/keys" className={buttonClass('secondary')}>
          {t('bulk.orders')}
        </Link>
      )}
      {!isOver(act) && (
        <Button
          shape="danger"
          busy={cancelling.isPending}
          refusal={isMine}
          onClick={() => cancelling.mutate()}
        >
          {t('bulk.cancel')}
        </Button>
      )}
    </>
  )
}

function Progress({ act }: { act: BulkActView }) {
  const { t } = useTranslation()
  const { done, devices, changed, failed, state } = act
  const share = state === 'finished' ? 1 : Math.min(1, done / Math.max(devices, 1))
  const percent = Math.floor(share * 100)
  return (
    <Panel>
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap items-center gap-3">
          <BulkStateMark state={state} />
          <span role="status" className="text-13 text-muted tabular">
            {t('bulk.progress', { count: devices, done, changed, failed })}
          </span>
        </div>
        <progress
          aria-label={t('bulk.progress-label')}
          max={100}
          value={percent}
          className="h-2 w-full appearance-none overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-unknown-soft [&::-webkit-progress-value]:bg-accent"
        />
        {act.failureCode !== null && (
          <p className="text-13 text-bad">{t('bulk.failed-because', { code: act.failureCode })}</p>
        )}
        <Facts act={act} />
      </div>
    </Panel>
  )
}

function Facts({ act }: { act: BulkActView }) {
  const { t } = useTranslation()
  const rows = [
    [t('bulk.fact.reason'), act.reason === null ? null : t(`reasons.${act.reason}`)],
    [t('bulk.fact.note'), act.note],
    [t('bulk.group'), act.group?.name],
    [t('bulk.command'), act.commandType === null ? null : t(`commands.type.${act.commandType}`)],
    [
      t('bulk.fact.filter'),
      act.filter === null ? null : filterWords(act.filter) || t('bulk.fact.every-device'),
    ],
    [t('bulk.fact.by'), act.createdBy],
  ] as const
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-13">
      <FactRows rows={rows} valueClassName="first-letter:uppercase" />
      <div className="contents">
        <dt className="text-muted">{t('bulk.fact.at')}</dt>
        <dd>
          <Moment at={act.createdAt} />
        </dd>
      </div>
    </dl>
  )
}

/** As the API writes it: what was asked for is shown, not what it might mean. */
const filterWords = (filter: object): string =>
  Object.entries(filter)
    .map(([name, value]) => `${name}: ${[value].flat().join(', ')}`)
    .join(' · ')

function NotDone({ act }: { act: BulkActView }) {
  const { t } = useTranslation()
  const search = route.useSearch()
  const columns = useColumns()
  const failures = useQuery(bulkFailuresQuery(act.bulkActId, search.after, act.failed))
  const pages = usePages(search, failures.error)
  // While it runs, a list without rows says nothing yet.
  if (act.failed === 0 && !isOver(act)) return null
  return (
    <Panel
      flush
      title={t('bulk.not-done.title')}
      note={t('bulk.not-done.count', { count: act.failed })}
      actions={
        act.failed > 0 && (
          <a
            href={fileUrl('downloadBulkActFailures', { params: { bulkActId: act.bulkActId } })}
            download
            className={buttonClass('secondary')}
          >
            <Download aria-hidden="true" className="size-3.5" />
            {t('bulk.not-done.download')}
          </a>
        )
      }
    >
      <QueryList
        query={failures}
        failed={t('bulk.not-done.not-loaded')}
        skeletonRows={5}
        empty={<Empty icon={<CircleCheck aria-hidden="true" />} title={t('bulk.not-done.none')} />}
        pages={pages}
      >
        {(rows) => (
          <DataTable
            label={t('bulk.not-done.title')}
            columns={columns}
            rows={rows}
            rowId={({ serialNo, deviceId }) => `${deviceId} ${serialNo}`}
          />
        )}
      </QueryList>
    </Panel>
  )
}

const column = dataColumns<BulkActFailure>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('serialNo', {
      header: t('devices.column.serial'),
      meta: { className: 'w-56' },
      cell: ({ row: { original } }) =>
        original.deviceId === null ? (
          <code>{original.serialNo}</code>
        ) : (
          <Link
            to="/devices/$deviceId"
            params={{ deviceId: original.deviceId }}
            data-row-link
            className="font-mono font-medium break-all hover:underline"
          >
            {original.serialNo}
          </Link>
        ),
    }),
    column.accessor('detail', {
      header: t('bulk.not-done.why'),
      cell: ({ row: { original } }) => original.detail ?? original.code,
    }),
    column.accessor('code', {
      header: t('bulk.not-done.code'),
      meta: { className: 'w-64 max-md:hidden' },
      cell: ({ row }) => <code className="text-muted">{row.original.code}</code>,
    }),
  ])
}
