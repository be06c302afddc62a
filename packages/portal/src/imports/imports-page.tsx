import type { ImportView } from '@sanad/protocol/operator-api/imports'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FileInput } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../pages/use-pages.ts'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { DropFile } from './drop-file.tsx'
import { importsQuery } from './import-queries.ts'
import { ImportState } from './import-state.tsx'

const route = getRouteApi('/signed-in/imports')

/** Approved devices come in here: as a CSV file, or as a manifest that the factory signed. */
export function ImportsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const query = useQuery(importsQuery(search.after))
  const pages = usePages(search, query.error)
  const columns = useColumns()
  return (
    <Page name={t('imports.title')} note={t('imports.note')}>
      <DropFile />
      <Panel title={t('imports.list')} flush>
        <QueryList
          query={query}
          failed={t('imports.list-failed')}
          skeletonRows={4}
          empty={
            <Empty icon={<FileInput aria-hidden="true" />} title={t('imports.empty.title')}>
              {t('imports.empty.text')}
            </Empty>
          }
          pages={pages}
        >
          {(rows) => (
            <DataTable
              label={t('imports.list')}
              columns={columns}
              rows={rows}
              rowId={(row) => row.importId}
            />
          )}
        </QueryList>
      </Panel>
    </Page>
  )
}

const column = dataColumns<ImportView>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('state', {
      header: t('imports.column.state'),
      meta: { className: 'w-40' },
      cell: ({ row }) => <ImportState state={row.original.state} />,
    }),
    column.accessor('uploadedAt', {
      header: t('imports.column.uploaded'),
      cell: ({ row: { original } }) => (
        <Link
          data-row-link=""
          to="/imports/$importId"
          params={{ importId: original.importId }}
          className="hover:underline"
        >
          <Moment at={original.uploadedAt} />
        </Link>
      ),
    }),
    column.accessor('fileName', {
      header: t('imports.column.file'),
      meta: { className: 'max-sm:hidden' },
      cell: ({ row }) => <span className="break-all">{row.original.fileName ?? '–'}</span>,
    }),
    column.accessor('format', {
      header: t('imports.column.format'),
      cell: ({ row: { original } }) => (
        <>
          {t(`imports.format.${original.format}`)}{' '}
          <span className="text-muted max-md:hidden">
            {original.signer?.replaceAll('\n', ', ')}
          </span>
        </>
      ),
    }),
    column.accessor('rowsRead', {
      header: t('imports.column.rows'),
      meta: { className: 'w-24 tabular text-end max-sm:hidden' },
      cell: ({ row }) => t('imports.number', { count: row.original.rowsRead }),
    }),
    column.accessor('rowsApplied', {
      header: t('imports.column.approved'),
      meta: { className: 'w-28 tabular text-end' },
      cell: ({ row }) => t('imports.number', { count: row.original.rowsApplied }),
    }),
  ])
}
