import type { DeviceCounts } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { deviceCountsQuery } from '../devices/device-queries.ts'
import { findingCountsQuery } from '../findings/finding-queries.ts'
import { registrationCountsQuery } from '../registration/registration-queries.ts'
import { useMay } from '../session/session.ts'
import { trustQuery } from '../trust/trust-query.ts'
import { ProblemNote } from '../ui/problem-note.tsx'
import { useMinute } from '../ui/moment.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { Page } from '../ui/page.tsx'
import { AuditFindings } from './audit-findings.tsx'
import { FindingList } from './finding-list.tsx'
import { findingsOf } from './findings.ts'
import { FleetByState } from './fleet-by-state.tsx'
import { KeysDue } from './keys-due.tsx'
import { LatestEvents } from './latest-events.tsx'
import { TrustTiles } from './trust-tiles.tsx'

export function OverviewPage() {
  const { t } = useTranslation()
  return (
    <Page name={t('overview.title')}>
      <Body />
    </Page>
  )
}

function Body() {
  const { t } = useTranslation()
  const now = useMinute()
  const mayReadRegistrations = useMay('registration:read')
  const mayReadRecord = useMay('event:read')
  const mayReadFindings = useMay('finding:read')
  const mayReadKeys = useMay('key:read')
  const devices = useQuery(deviceCountsQuery)
  const registrations = useQuery({ ...registrationCountsQuery, enabled: mayReadRegistrations })
  const trust = useQuery(trustQuery)
  const audit = useQuery({ ...findingCountsQuery, enabled: mayReadFindings })
  if (devices.data === undefined) {
    if (devices.isError) {
      return (
        <ProblemNote
          error={devices.error}
          what={t('overview.not-loaded')}
          onRetry={() => void devices.refetch()}
        />
      )
    }
    return <OverviewSkeleton />
  }
  const findings = findingsOf({
    devices: devices.data,
    registrations: registrations.data,
    trust: trust.data,
    audit: audit.data,
    trustError: trust.error ?? undefined,
    now,
  })
  // What was not read is not called well. Trust that cannot be read is a finding of its own.
  const isWhole = [
    trust.data !== undefined || trust.isError,
    !mayReadRegistrations || registrations.data !== undefined,
    !mayReadFindings || audit.data !== undefined,
  ].every(Boolean)
  const isFailed = registrations.isError || audit.isError
  const attention = findings.reduce((sum, finding) => sum + (finding.devices ?? 0), 0)
  return (
    <div className="flex flex-col gap-4">
      <StateLine
        counts={devices.data}
        attention={attention}
        findings={findings.length}
        isWhole={isWhole}
      />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          {registrations.isError && (
            <ProblemNote
              error={registrations.error}
              what={t('overview.findings.not-read')}
              onRetry={() => void registrations.refetch()}
            />
          )}
          {(findings.length > 0 || isWhole || !isFailed) && (
            <FindingList
              findings={findings}
              hasDevices={devices.data.total > 0}
              isWhole={isWhole}
            />
          )}
          {mayReadFindings && <AuditFindings />}
          {mayReadKeys && <KeysDue />}
          <FleetByState counts={devices.data} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <TrustTiles trust={trust.data} error={trust.error} onRetry={() => void trust.refetch()} />
          {mayReadRecord && <LatestEvents />}
        </div>
      </div>
    </div>
  )
}

interface StateLineProps {
  readonly counts: DeviceCounts
  readonly attention: number
  readonly findings: number
  /** Everything that could speak against it was read. */
  readonly isWhole: boolean
}

/** Is it all right? In one line. */
function StateLine({ counts, attention, findings, isWhole }: StateLineProps) {
  const { t } = useTranslation()
  const rest =
    counts.total === 0
      ? t('overview.state.empty')
      : attention > 0
        ? t('overview.state.attention', { count: attention })
        : findings > 0
          ? t('overview.state.findings', { count: findings })
          : isWhole
            ? t('overview.state.good')
            : ''
  return (
    <p className="tabular text-28 font-semibold tracking-tight text-balance">
      {t('overview.state.devices', { count: counts.total })}{' '}
      <span className="text-muted">
        {rest}
        {counts.connected > 0 && ` ${t('overview.state.connected', { count: counts.connected })}`}
      </span>
    </p>
  )
}

function OverviewSkeleton() {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('ui.loading')} className="flex flex-col gap-4">
      <Skeleton className="my-1 h-7 w-2/5" />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <Skeleton className="h-64 rounded-lg" />
        <Skeleton className="h-64 rounded-lg" />
      </div>
    </div>
  )
}
