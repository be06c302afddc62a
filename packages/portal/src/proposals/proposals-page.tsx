import type { ProposalSummary } from '@sanad/protocol/operator-api/proposals'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { UsersRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../pages/use-pages.ts'
import { buttonClass } from '../ui/button.tsx'
import { dataColumns } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { proposalsQuery } from './proposal-queries.ts'
import { ProposalStateMark } from './proposal-state-mark.tsx'
import { subjectWords } from './subject-words.ts'

const route = getRouteApi('/signed-in/proposals')

/** Operations that two people decide, newest first. */
export function ProposalsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const query = useQuery(
    proposalsQuery({ ...(search.after !== undefined && { after: search.after }) }),
  )
  const pages = usePages(search, query.error)
  return (
    <Page
      name={t('proposals.title')}
      note={t('proposals.note')}
      actions={
        <Link to="/two-person-rules" className={buttonClass('secondary')}>
          {t('proposals.rules.title')}
        </Link>
      }
    >
      <ListPanel
        label={t('proposals.title')}
        query={query}
        pages={pages}
        failed={t('proposals.not-loaded')}
        empty={
          <Empty icon={<UsersRound aria-hidden="true" />} title={t('proposals.empty')}>
            {t('proposals.empty-text')}
          </Empty>
        }
        columns={useColumns()}
        rowId={(row) => row.proposalId}
      />
    </Page>
  )
}

const column = dataColumns<ProposalSummary>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('state', {
      header: t('devices.column.state'),
      meta: { className: 'w-36' },
      cell: ({ row }) => <ProposalStateMark state={row.original.state} />,
    }),
    column.accessor('operation', {
      header: t('proposals.column.operation'),
      cell: ({ row: { original } }) => (
        <Link
          to="/proposals/$proposalId"
          params={{ proposalId: original.proposalId }}
          data-row-link
          className="font-medium hover:underline"
        >
          {t(`proposals.operation.${original.operation}`)}
        </Link>
      ),
    }),
    column.accessor('subject', {
      header: t('proposals.column.about'),
      meta: { className: 'max-sm:hidden' },
      cell: ({ row }) => subjectWords(t, row.original),
    }),
    column.accessor('devices', {
      header: t('proposals.column.devices'),
      meta: { className: 'text-end tabular w-28' },
      cell: ({ row }) => t('keys.number', { count: row.original.devices }),
    }),
    column.accessor('proposedBy', {
      header: t('proposals.column.by'),
      meta: { className: 'max-md:hidden w-44' },
      cell: ({ row }) => row.original.proposedBy.name,
    }),
    column.accessor('proposedAt', {
      header: t('proposals.column.at'),
      meta: { className: 'max-md:hidden w-40' },
      cell: ({ row }) => <Moment at={row.original.proposedAt} className="text-muted" />,
    }),
  ])
}
