import type { ApprovalView } from '@sanad/protocol/operator-api/registration'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Hourglass } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { query as ask } from '../api/call.ts'
import { usePages } from '../pages/use-pages.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { dataColumns } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { type Decision, DecisionDialog } from './decision-dialog.tsx'

const route = getRouteApi('/signed-in/approvals')

/** L0 registrations that wait for an operator’s word. */
export function ApprovalsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const [asked, setAsked] = useState<{ approval: ApprovalView; decision: Decision }>()
  const query = useQuery({
    ...ask('listApprovals', { query: { after: search.after } }),
    placeholderData: keepPreviousData,
  })
  const pages = usePages(search, query.error)
  const columns = useColumns((approval, decision) => setAsked({ approval, decision }))
  return (
    <Page name={t('approvals.title')} note={t('approvals.note')}>
      <ListPanel
        label={t('approvals.title')}
        query={query}
        failed={t('approvals.failed')}
        skeletonRows={4}
        empty={
          <Empty icon={<Hourglass aria-hidden="true" />} title={t('approvals.empty.title')}>
            {t('approvals.empty.text')}
          </Empty>
        }
        pages={pages}
        columns={columns}
        rowId={(row) => row.requestId}
      />
      {asked !== undefined && <DecisionDialog {...asked} onClose={() => setAsked(undefined)} />}
    </Page>
  )
}

const column = dataColumns<ApprovalView>()

function useColumns(ask: (approval: ApprovalView, decision: Decision) => void) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('registration:decide')
  return column.columns([
    column.accessor('serialNo', {
      header: t('approvals.column.device'),
      cell: ({ row: { original } }) => (
        <Link
          data-row-link=""
          to="/devices/$deviceId"
          params={{ deviceId: original.deviceId }}
          className="group/link flex flex-col py-1 sm:block"
        >
          <code className="group-hover/link:underline">{original.serialNo}</code>{' '}
          <span className="text-muted sm:ms-2">
            {original.make} {original.model}
          </span>
        </Link>
      ),
    }),
    column.accessor('kind', {
      header: t('approvals.column.kind'),
      meta: { className: 'max-sm:hidden' },
      cell: ({ row }) => t(`approvals.kind.${row.original.kind}`),
    }),
    column.accessor('spkiSha256', {
      header: t('approvals.column.key'),
      meta: { className: 'max-md:hidden' },
      cell: ({ row }) => (
        <Identifier value={row.original.spkiSha256} what={t('approvals.column.key')} keep={16} />
      ),
    }),
    column.accessor('supportCode', {
      header: t('approvals.column.code'),
      meta: { className: 'max-lg:hidden' },
      cell: ({ row }) => <code>{row.original.supportCode}</code>,
    }),
    column.accessor('requestedAt', {
      header: t('approvals.column.since'),
      meta: { className: 'max-sm:hidden w-32' },
      cell: ({ row }) => <Moment at={row.original.requestedAt} className="text-muted" />,
    }),
    column.display({
      id: 'decide',
      header: () => <span className="sr-only">{t('approvals.column.decide')}</span>,
      meta: { className: 'w-48 text-end' },
      cell: ({ row: { original } }) => (
        <span className="inline-flex gap-2">
          <Button refusal={refusal} onClick={() => ask(original, 'refused')}>
            {t('approvals.refuse.action')}
          </Button>
          <Button shape="primary" refusal={refusal} onClick={() => ask(original, 'approved')}>
            {t('approvals.approve.action')}
          </Button>
        </span>
      ),
    }),
  ])
}
