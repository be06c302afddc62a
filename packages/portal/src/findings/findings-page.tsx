import type { FindingView } from '@sanad/protocol/operator-api/findings'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { BellOff, CircleCheck, ScanSearch } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { usePages } from '../pages/use-pages.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { CheckFilter } from './check-filter.tsx'
import { SEVERITY_HEALTH } from './finding-health.ts'
import { FindingAction } from './finding-action.tsx'
import { findingCountsQuery, findingsQuery, runAudit } from './finding-queries.ts'
import { SuppressDialog } from './suppress-dialog.tsx'

const route = getRouteApi('/signed-in/findings')

/** What the daily audit found, worst first, each with what to do about it. */
export function FindingsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = useNavigate()
  const [silencing, setSilencing] = useState<FindingView>()
  const query = useQuery(
    findingsQuery({
      ...(search.check !== undefined && { check: [search.check] }),
      suppressed: search.silenced === true,
      ...(search.after !== undefined && { after: search.after }),
    }),
  )
  const pages = usePages(search, query.error)
  const counts = useQuery(findingCountsQuery).data
  const columns = useColumns(setSilencing)
  return (
    <Page name={t('findings.title')} note={<Audited />} actions={<AuditNow />}>
      <CheckFilter
        search={search}
        onSearch={(next) => void navigate({ to: '/findings', search: next })}
      />
      <Panel flush>
        <QueryList
          query={query}
          failed={t('findings.failed')}
          empty={
            counts?.auditedAt === null ? (
              <Empty
                icon={<ScanSearch aria-hidden="true" />}
                title={t('findings.not-audited')}
                actions={<AuditNow />}
              >
                {t('findings.not-audited-text')}
              </Empty>
            ) : (
              <Empty icon={<CircleCheck aria-hidden="true" />} title={t('findings.empty')}>
                {t('findings.empty-text')}
              </Empty>
            )
          }
          pages={pages}
        >
          {(rows) => (
            <DataTable
              label={t('findings.title')}
              columns={columns}
              rows={rows}
              rowId={(row) => row.findingId}
              isStale={query.isPlaceholderData}
            />
          )}
        </QueryList>
      </Panel>
      {silencing !== undefined && (
        <SuppressDialog finding={silencing} onClose={() => setSilencing(undefined)} />
      )}
    </Page>
  )
}

function Audited() {
  const { t } = useTranslation()
  const auditedAt = useQuery(findingCountsQuery).data?.auditedAt
  if (auditedAt === undefined) return <span>&nbsp;</span>
  if (auditedAt === null) return t('findings.never-audited')
  return (
    <>
      {t('findings.audited')} <Moment at={auditedAt} />
    </>
  )
}

function AuditNow() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('finding:suppress')
  const audit = useMutation({
    mutationFn: runAudit,
    onSuccess: async () => {
      tell(t('findings.audit-started'))
      await readAgain(client, stale('listFindings', 'countFindings'))
    },
  })
  return (
    <Button
      refusal={refusal}
      busy={audit.isPending}
      icon={<ScanSearch aria-hidden="true" className="size-3.5" />}
      onClick={() => audit.mutate()}
    >
      {t('findings.audit-now')}
    </Button>
  )
}

const column = dataColumns<FindingView>()

function useColumns(silence: (finding: FindingView) => void) {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('check', {
      header: t('findings.column.finding'),
      cell: ({ row: { original } }) => (
        <>
          <StateMark health={SEVERITY_HEALTH[original.severity]}>
            {t(`findings.check.${original.check}`)}
          </StateMark>
          {/* The columns of actions have no room on a telephone. */}
          <span className="-ms-3 flex flex-wrap md:hidden">
            <span className="sm:hidden">
              <FindingAction finding={original} />
            </span>
            <Silence finding={original} onSilence={silence} />
          </span>
        </>
      ),
    }),
    column.accessor('device', {
      header: t('findings.column.about'),
      cell: ({ row: { original } }) => <About finding={original} />,
    }),
    column.accessor('at', {
      header: t('findings.column.when'),
      meta: { className: 'w-36 max-md:hidden' },
      cell: ({ row: { original } }) =>
        original.at === null ? null : <Moment at={original.at} className="text-muted" />,
    }),
    column.accessor('firstSeenAt', {
      header: t('findings.column.since'),
      meta: { className: 'w-36 max-lg:hidden' },
      cell: ({ row }) => <Moment at={row.original.firstSeenAt} className="text-muted" />,
    }),
    column.accessor('action', {
      header: () => <span className="sr-only">{t('findings.column.action')}</span>,
      meta: { className: 'w-40 text-end max-sm:hidden' },
      cell: ({ row }) => <FindingAction finding={row.original} />,
    }),
    column.display({
      id: 'silence',
      header: () => <span className="sr-only">{t('findings.silence.action')}</span>,
      meta: { className: 'w-24 text-end max-md:hidden' },
      cell: ({ row }) => <Silence finding={row.original} onSilence={silence} />,
    }),
  ])
}

interface SilenceProps {
  readonly finding: FindingView
  readonly onSilence: (finding: FindingView) => void
}

/** The button, or until when the finding is silent. */
function Silence({ finding, onSilence }: SilenceProps) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('finding:suppress')
  if (finding.suppressedUntil !== null)
    return <Moment at={finding.suppressedUntil} className="text-12 text-muted max-md:ms-3" />
  return (
    <Button
      shape="quiet"
      refusal={refusal}
      icon={<BellOff aria-hidden="true" className="size-3.5" />}
      onClick={() => onSilence(finding)}
    >
      {t('findings.silence.action')}
    </Button>
  )
}

function About({ finding: { device, subject } }: { finding: FindingView }) {
  if (device === null) return <span className="text-muted">{subject}</span>
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId: device.deviceId }}
      data-row-link=""
      className="hover:underline"
    >
      <code>{device.serialNo}</code> <span className="text-muted">{device.model}</span>
    </Link>
  )
}
