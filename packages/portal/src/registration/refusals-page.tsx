import type { RefusalView } from '@sanad/protocol/operator-api/registration'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Search, ShieldCheck } from 'lucide-react'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { query as ask } from '../api/call.ts'
import { deviceSearchQuery } from '../devices/device-queries.ts'
import { isSupportCode } from './support-code.ts'
import type { RefusedSearch } from './refusal-search.ts'
import { usePages } from '../pages/use-pages.ts'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { TextInput } from '../ui/field.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { Select } from '../ui/select.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { RefusalSheet } from './refusal-sheet.tsx'
import { problemTitle } from '../i18n/problem-text.ts'

const route = getRouteApi('/signed-in/refused')

type Verdict = 'every' | RefusalView['verdict']

/** Who was turned away, by which rule, and what would make it pass. */
export function RefusalsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const verdict: Verdict = search.verdict ?? 'every'
  const show = (next: RefusedSearch) =>
    void navigate({ to: '/refused', search: next, replace: true })
  const [shown, setShown] = useState<RefusalView>()
  const wanted = useDeferredValue(search.q?.trim() ?? '')
  const query = useQuery({
    ...ask('listRefusals', {
      query: {
        search: wanted,
        verdict: verdict === 'every' ? undefined : verdict,
        after: search.after,
      },
    }),
    placeholderData: keepPreviousData,
  })
  const pages = usePages(search, query.error)
  const columns = useColumns(setShown)
  return (
    <Page name={t('refusals.title')} note={t('refusals.note')}>
      <div className="flex flex-wrap gap-2">
        <label className="relative min-w-0 flex-1 basis-64 sm:max-w-md">
          <span className="sr-only">{t('refusals.search')}</span>
          <Search
            aria-hidden="true"
            className="pointer-events-none absolute start-2.5 top-2.5 size-4 text-faint"
          />
          <TextInput
            type="search"
            placeholder={t('refusals.search')}
            className="ps-8"
            value={search.q ?? ''}
            onChange={({ target: { value } }) => show(searchOf(value, verdict))}
          />
        </label>
        <Select<Verdict>
          aria-label={t('refusals.verdict.label')}
          className="w-48"
          value={verdict}
          onChange={(next) => show(searchOf(search.q ?? '', next))}
          choices={(['every', 'refuse', 'quarantine'] as const).map((value) => ({
            value,
            label: t(`refusals.verdict.${value}`),
          }))}
        />
      </div>
      <Panel flush>
        <QueryList
          query={query}
          failed={t('refusals.failed')}
          empty={
            <Empty
              icon={<ShieldCheck aria-hidden="true" />}
              title={t(wanted === '' ? 'refusals.empty.title' : 'refusals.empty.no-match')}
            >
              {t('refusals.empty.text')}
              <DevicesOfCode code={wanted} />
            </Empty>
          }
          pages={pages}
        >
          {(rows) => (
            <DataTable
              label={t('refusals.title')}
              columns={columns}
              rows={rows}
              rowId={(row) => row.claimId}
              isStale={query.isPlaceholderData}
            />
          )}
        </QueryList>
      </Panel>
      {shown !== undefined && <RefusalSheet refusal={shown} onClose={() => setShown(undefined)} />}
    </Page>
  )
}

/** A device that is known and may not act is no refused claim; its code is found here all the same. */
function DevicesOfCode({ code }: { code: string }) {
  const { t } = useTranslation()
  const isCode = isSupportCode(code)
  const devices = useQuery({ ...deviceSearchQuery(code), enabled: isCode }).data?.items ?? []
  if (!isCode || devices.length === 0) return null
  return (
    <p className="mt-3">
      {t('refusals.empty.device')}{' '}
      {devices.map(({ deviceId, serialNo }) => (
        <Link
          key={deviceId}
          to="/devices/$deviceId"
          params={{ deviceId }}
          className="font-mono text-accent underline"
        >
          {serialNo}
        </Link>
      ))}
    </p>
  )
}

/** From the first page on. */
const searchOf = (q: string, verdict: Verdict): RefusedSearch => ({
  ...(q !== '' && { q }),
  ...(verdict !== 'every' && { verdict }),
})

const column = dataColumns<RefusalView>()

function useColumns(show: (refusal: RefusalView) => void) {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('verdict', {
      header: () => <span className="max-sm:sr-only">{t('refusals.column.verdict')}</span>,
      meta: { className: 'w-8 sm:w-36' },
      cell: ({ row: { original } }) => (
        <StateMark health={original.verdict === 'quarantine' ? 'bad' : 'attention'}>
          <span className="max-sm:sr-only">{t(`refusals.verdict.${original.verdict}`)}</span>
        </StateMark>
      ),
    }),
    column.accessor('serialNo', {
      header: t('refusals.column.device'),
      cell: ({ row: { original } }) => (
        <button
          type="button"
          data-row-link=""
          onClick={() => show(original)}
          className="group/link block w-full py-1 text-start"
        >
          <code className="group-hover/link:underline">{original.serialNo}</code>
          <span className="ms-2 text-muted">
            {original.make} {original.model}
          </span>
          <span className="block text-12 text-muted md:hidden">
            {problemTitle(t, original.code)}
          </span>
        </button>
      ),
    }),
    column.accessor('code', {
      header: t('refusals.column.reason'),
      meta: { className: 'max-md:hidden' },
      cell: ({ row }) => problemTitle(t, row.original.code),
    }),
    column.accessor('rule', {
      header: t('refusals.column.rule'),
      meta: { className: 'max-xl:hidden' },
      cell: ({ row }) => <code className="text-muted">{row.original.rule}</code>,
    }),
    column.accessor('supportCode', {
      header: t('refusals.column.code'),
      meta: { className: 'max-lg:hidden w-28' },
      cell: ({ row }) => <code>{row.original.supportCode}</code>,
    }),
    column.accessor('attempts', {
      header: t('refusals.column.attempts'),
      meta: { className: 'max-lg:hidden w-20 tabular' },
      cell: ({ row }) => t('refusals.attempts', { count: row.original.attempts }),
    }),
    column.accessor('lastAt', {
      header: t('refusals.column.last'),
      meta: { className: 'w-28' },
      cell: ({ row }) => <Moment at={row.original.lastAt} className="text-muted" />,
    }),
  ])
}
