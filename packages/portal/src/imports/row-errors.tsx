import type { RowErrorView } from '@sanad/protocol/operator-api/imports'
import type { RowFindingCode } from '@sanad/protocol/operator-api/row-findings'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { fileUrl } from '../api/call.ts'
import { usePages } from '../pages/use-pages.ts'
import { buttonClass } from '../ui/button.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { Select } from '../ui/select.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { rowErrorsQuery } from './import-queries.ts'

const route = getRouteApi('/signed-in/imports/$importId')

/** Each row that is wrong: where, why, and all of them as a file. */
export function RowErrors({ importId }: { importId: string }) {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const query = useQuery(rowErrorsQuery(importId, search.code, search.after))
  const pages = usePages(search, query.error)
  const columns = useColumns()
  const choices =
    query.data?.counts.map((count) => ({
      value: count.code,
      label: count.code,
      note: t('imports.number', { count: count.rows }),
    })) ?? []
  return (
    <Panel
      flush
      title={t('imports.errors.title')}
      actions={
        <>
          <Select<RowFindingCode | 'every'>
            aria-label={t('imports.errors.filter')}
            className="w-56"
            value={search.code ?? 'every'}
            onChange={(next) =>
              void navigate({
                to: '/imports/$importId',
                params: { importId },
                search: next === 'every' ? {} : { code: next },
              })
            }
            choices={[{ value: 'every', label: t('imports.errors.every') }, ...choices]}
          />
          <a
            href={fileUrl('downloadImportErrors', { params: { importId } })}
            download
            className={buttonClass('secondary', 'max-sm:hidden')}
          >
            <Download aria-hidden="true" className="size-4" />
            {t('imports.errors.download')}
          </a>
        </>
      }
    >
      <QueryList query={query} failed={t('imports.rows-failed')} skeletonRows={5} pages={pages}>
        {(rows) => (
          <DataTable
            label={t('imports.errors.title')}
            columns={columns}
            rows={rows}
            rowId={(row) => `${row.row}-${row.code}-${row.column ?? ''}`}
          />
        )}
      </QueryList>
    </Panel>
  )
}

const column = dataColumns<RowErrorView>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('row', {
      header: t('imports.errors.row'),
      meta: { className: 'w-20 tabular' },
      cell: ({ row }) => <code>{row.original.row}</code>,
    }),
    column.accessor('column', {
      header: t('imports.errors.column'),
      meta: { className: 'w-44 max-sm:hidden' },
      cell: ({ row }) => <code>{row.original.column ?? '–'}</code>,
    }),
    column.accessor('reason', {
      header: t('imports.errors.reason'),
      cell: ({ row: { original } }) => (
        <>
          <span className="me-2 inline-block">
            <StateMark health={original.severity === 'error' ? 'bad' : 'attention'}>
              {t(`imports.errors.severity.${original.severity}`)}
            </StateMark>
          </span>
          {original.reason} <code className="text-muted max-lg:hidden">{original.code}</code>
        </>
      ),
    }),
    column.accessor('serialNo', {
      header: t('imports.errors.serial'),
      meta: { className: 'max-md:hidden' },
      cell: ({ row }) => <code className="text-muted">{row.original.serialNo ?? '–'}</code>,
    }),
  ])
}
