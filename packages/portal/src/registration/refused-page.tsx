import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Search, ShieldCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../frame/use-pages.ts'
import { TableSkeleton } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SearchInput } from '../ui/search-input.tsx'
import { Segments } from '../ui/segments.tsx'
import { RefusalRow } from './refusal-row.tsx'
import { refusalsQuery } from './registration-queries.ts'
import type { RefusalSearch } from './refusal-search.ts'

const route = getRouteApi('/signed-in/refused')

export function RefusedPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const show = (next: RefusalSearch) => void navigate({ to: '/refused', search: next, replace: true })
  const { q: _, ...withoutWords } = filterOf(search)
  const { verdict: __, ...withoutVerdict } = filterOf(search)
  return (
    <Page name={t('registration.refused.title')} note={t('registration.refused.note')}>
      <div className="flex flex-wrap items-center gap-2">
        <SearchInput
          label={t('registration.refused.search')}
          value={search.q ?? ''}
          onChange={(q) => show(q === '' ? withoutWords : { ...withoutWords, q })}
        />
        <Segments
          label={t('registration.verdict.label')}
          value={search.verdict ?? 'all'}
          onChange={(verdict) =>
            show(verdict === 'all' ? withoutVerdict : { ...withoutVerdict, verdict })
          }
          choices={[
            { value: 'all', label: t('registration.verdict.all') },
            { value: 'refuse', label: t('registration.verdict.refuse') },
            { value: 'quarantine', label: t('registration.verdict.quarantine') },
          ]}
        />
      </div>
      <Rows search={search} />
    </Page>
  )
}

function filterOf({ after: _, page: __, ...filter }: RefusalSearch): RefusalSearch {
  return filter
}

function Rows({ search }: { search: RefusalSearch }) {
  const { t } = useTranslation()
  const { q, verdict, device, after } = search
  const list = useQuery(
    refusalsQuery({
      limit: 25,
      ...(q !== undefined && { search: q }),
      ...(verdict !== undefined && { verdict }),
      ...(device !== undefined && { deviceId: device }),
      ...(after !== undefined && { after }),
    }),
  )
  const pages = usePages(search)
  if (list.data === undefined) {
    return list.isError ? (
      <ProblemNote
        error={list.error}
        what={t('registration.refused.not-loaded')}
        onRetry={() => void list.refetch()}
      />
    ) : (
      <Panel flush>
        <TableSkeleton rows={6} label={t('ui.loading')} />
      </Panel>
    )
  }
  const { items, next } = list.data
  if (items.length === 0) {
    const isFiltered = q !== undefined || verdict !== undefined
    const words = isFiltered ? 'no-match' : 'empty'
    return (
      <Panel>
        <Empty
          icon={isFiltered ? <Search aria-hidden="true" /> : <ShieldCheck aria-hidden="true" />}
          title={t(`registration.refused.${words}.title`)}
        >
          {t(`registration.refused.${words}.text`)}
        </Empty>
      </Panel>
    )
  }
  return (
    <Panel flush>
      <ul>
        {items.map((refusal) => (
          <RefusalRow key={refusal.claimId} refusal={refusal} />
        ))}
      </ul>
      <Pager
        page={pages.page}
        hasNext={next !== null}
        onPrevious={pages.previous}
        onNext={() => next !== null && pages.next(next)}
      />
    </Panel>
  )
}
