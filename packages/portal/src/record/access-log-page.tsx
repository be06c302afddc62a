import type { AccessEntry } from '@sanad/protocol/operator-api/access-log'
import { ACCESS_OUTCOMES, type AccessOutcome } from '@sanad/protocol/operator-api/choices'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { DoorOpen } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { query as ask } from '../api/call.ts'
import { usePages } from '../pages/use-pages.ts'
import { exactUtc } from '../i18n/time.ts'
import { operatorsQuery } from '../operators/operator-queries.ts'
import { DataTable, dataColumns } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { TextInput } from '../ui/field.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { Select } from '../ui/select.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import type { AccessLogSearch } from './access-log-search.ts'

const route = getRouteApi('/signed-in/access-log')

/** Who asked what at the operators’ door. */
export function AccessLogPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const { operator, outcome, address, after } = search
  const query = useQuery({
    ...ask('listAccessLog', { query: { operatorId: operator, outcome, address, after } }),
    placeholderData: keepPreviousData,
  })
  const pages = usePages(search, query.error)
  const columns = useColumns()
  return (
    <Page
      name={t('access-log.title')}
      note={t('access-log.note')}
      actions={<Filters search={search} />}
    >
      <Panel flush>
        <QueryList
          query={query}
          failed={t('access-log.failed')}
          empty={
            <Empty icon={<DoorOpen aria-hidden="true" />} title={t('access-log.empty.title')}>
              {t('access-log.empty.text')}
            </Empty>
          }
          pages={pages}
        >
          {(rows) => (
            <DataTable
              label={t('access-log.title')}
              columns={columns}
              rows={rows}
              rowId={(row) => String(row.entryId)}
              isStale={query.isPlaceholderData}
            />
          )}
        </QueryList>
      </Panel>
    </Page>
  )
}

function Filters({ search }: { search: AccessLogSearch }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { data } = useQuery(operatorsQuery)
  const choose = (changed: AccessLogSearch) => {
    const { after: _, page: __, ...rest } = search
    void navigate({ to: '/access-log', search: { ...rest, ...changed } })
  }
  const without = (name: 'operator' | 'outcome' | 'address') => {
    const { [name]: _, after: __, page: ___, ...rest } = search
    void navigate({ to: '/access-log', search: rest })
  }
  return (
    <>
      <Select<string>
        aria-label={t('access-log.operator')}
        className="w-48"
        value={search.operator ?? 'every'}
        onChange={(next) => (next === 'every' ? without('operator') : choose({ operator: next }))}
        choices={[
          { value: 'every', label: t('access-log.every-operator') },
          ...(data?.items ?? []).map(({ operatorId, name }) => ({
            value: operatorId,
            label: name,
          })),
        ]}
      />
      <Select<AccessOutcome | 'every'>
        aria-label={t('access-log.outcome')}
        className="w-40"
        value={search.outcome ?? 'every'}
        onChange={(next) => (next === 'every' ? without('outcome') : choose({ outcome: next }))}
        choices={[
          { value: 'every', label: t('access-log.every-outcome') },
          ...ACCESS_OUTCOMES.map((value) => ({ value, label: t(`access-log.outcomes.${value}`) })),
        ]}
      />
      <TextInput
        key={search.address ?? ''}
        aria-label={t('access-log.address')}
        placeholder={t('access-log.address')}
        className="max-w-44 font-mono text-13"
        defaultValue={search.address ?? ''}
        maxLength={64}
        onBlur={({ target }) =>
          target.value.trim() === '' ? without('address') : choose({ address: target.value.trim() })
        }
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur()
        }}
      />
    </>
  )
}

const HEALTH_OF: Record<AccessOutcome, Health> = {
  ok: 'good',
  refused: 'attention',
  failed: 'bad',
}

const column = dataColumns<AccessEntry>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('at', {
      header: t('access-log.column.time'),
      meta: { className: 'w-52 whitespace-nowrap max-lg:hidden' },
      cell: ({ row }) => <code className="text-muted">{exactUtc(row.original.at)}</code>,
    }),
    column.accessor('operatorName', {
      header: t('access-log.column.operator'),
      meta: { className: 'w-40 wrap-anywhere max-lg:ps-4' },
      cell: ({ row: { original } }) => (
        <>
          {original.operatorName ?? <span className="text-muted">{t('access-log.nobody')}</span>}
          <code className="block text-12 text-muted lg:hidden">{exactUtc(original.at)}</code>
        </>
      ),
    }),
    column.accessor('route', {
      header: t('access-log.column.request'),
      cell: ({ row: { original } }) => (
        <code className="wrap-anywhere">
          {original.method} {original.path ?? original.route}
          {original.occurrences > 1 && (
            <span className="text-muted">
              {' '}
              {t('access-log.times', { count: original.occurrences })}
            </span>
          )}
        </code>
      ),
    }),
    column.accessor('outcome', {
      header: t('access-log.column.outcome'),
      meta: { className: 'w-80 max-xl:w-64 max-md:w-28' },
      cell: ({ row: { original } }) => (
        <StateMark health={HEALTH_OF[original.outcome]}>
          {original.status}
          {original.code !== null && (
            <code className="ms-1 text-12 wrap-anywhere text-muted max-md:hidden">
              {original.code}
            </code>
          )}
        </StateMark>
      ),
    }),
    column.accessor('address', {
      header: t('access-log.column.address'),
      meta: { className: 'w-44 max-md:hidden' },
      cell: ({ row }) => <code>{row.original.address}</code>,
    }),
  ])
}
