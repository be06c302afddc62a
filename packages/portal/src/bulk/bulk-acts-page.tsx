import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ListChecks } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../pages/use-pages.ts'
import { dataColumns, DataTable, TableSkeleton } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { bulkActsQuery } from './bulk-queries.ts'
import { BulkStateMark } from './bulk-state.tsx'

const route = getRouteApi('/signed-in/bulk-acts')

/** Acts on many devices, newest first. */
export function BulkActsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const query = useQuery(bulkActsQuery(search.after))
  const pages = usePages(search, query.error)
  const columns = useColumns()
  return (
    <Page name={t('bulk.title')} note={t('bulk.note')}>
      <Panel flush>
        {query.isError && (
          <div className="p-4">
            <ProblemNote
              error={query.error}
              what={t('bulk.not-loaded')}
              onRetry={() => void query.refetch()}
            />
          </div>
        )}
        {query.isPending && <TableSkeleton rows={5} label={t('ui.loading')} />}
        {query.data?.items.length === 0 && (
          <Empty icon={<ListChecks aria-hidden="true" />} title={t('bulk.empty')}>
            {t('bulk.empty-text')}
          </Empty>
        )}
        {query.data !== undefined && query.data.items.length > 0 && (
          <>
            <DataTable
              label={t('bulk.title')}
              columns={columns}
              rows={query.data.items}
              rowId={(row) => row.bulkActId}
            />
            <Pager
              page={pages.page}
              hasNext={query.data.next !== null}
              onPrevious={pages.previous}
              onNext={() => pages.next(query.data.next ?? '')}
            />
          </>
        )}
      </Panel>
    </Page>
  )
}

const column = dataColumns<BulkActView>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('state', {
      header: t('devices.column.state'),
      meta: { className: 'w-32' },
      cell: ({ row }) => <BulkStateMark state={row.original.state} />,
    }),
    column.accessor('act', {
      header: t('bulk.column.act'),
      cell: ({ row: { original } }) => (
        <Link
          to="/bulk-acts/$bulkActId"
          params={{ bulkActId: original.bulkActId }}
          data-row-link
          className="font-medium hover:underline"
        >
          {t(`bulk.act.${original.act}.name`)}
          {original.group !== null && original.group.name !== '' && ` · ${original.group.name}`}
        </Link>
      ),
    }),
    column.accessor('done', {
      header: t('bulk.column.done'),
      meta: { className: 'text-end tabular w-40' },
      cell: ({ row: { original } }) =>
        t('bulk.preview.of', {
          some: t('keys.number', { count: original.changed }),
          all: t('keys.number', { count: original.devices }),
        }),
    }),
    column.accessor('failed', {
      header: t('bulk.column.failed'),
      meta: { className: 'text-end tabular w-28 max-sm:hidden' },
      cell: ({ row }) => t('keys.number', { count: row.original.failed }),
    }),
    column.accessor('createdBy', {
      header: t('bulk.fact.by'),
      meta: { className: 'max-md:hidden w-40' },
      cell: ({ row }) => row.original.createdBy,
    }),
    column.accessor('createdAt', {
      header: t('bulk.fact.at'),
      meta: { className: 'max-md:hidden w-40' },
      cell: ({ row }) => <Moment at={row.original.createdAt} className="text-muted" />,
    }),
  ])
}
