import type { RefusalView } from '@sanad/protocol/operator-api/registration'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { problemTitle } from '../i18n/problem-text.ts'
import { useMay } from '../session/session.ts'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'
import { AdvisedAct } from './advised-act.tsx'
import { deviceRefusalsQuery } from './device-queries.ts'

/** Whoever claimed this serial number and was turned away. Nothing stands here for most devices. */
export function DeviceRefusals({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation()
  const mayRead = useMay('registration:read')
  const query = useQuery({ ...deviceRefusalsQuery(deviceId), enabled: mayRead })
  if (query.error === null && (query.data?.items ?? []).length === 0) return null
  return (
    <Panel
      title={t('device.refusals.title')}
      flush
      actions={
        <Link to="/refused" className="rounded-sm text-13 text-accent hover:underline">
          {t('device.refusals.open')}
        </Link>
      }
    >
      <QueryPart query={query} failed={t('refusals.failed')}>
        {({ items }) => (
          <ul className="divide-y divide-line">
            {items.map((refusal) => (
              <Claim key={refusal.claimId} refusal={refusal} deviceId={deviceId} />
            ))}
          </ul>
        )}
      </QueryPart>
    </Panel>
  )
}

function Claim({ refusal, deviceId }: { refusal: RefusalView; deviceId: string }) {
  const { t } = useTranslation()
  const isQuarantined = refusal.verdict === 'quarantine'
  return (
    <li className="flex gap-3 px-4 py-2.5 text-13">
      <HealthIcon health={isQuarantined ? 'bad' : 'attention'} className="mt-0.5" />
      <div className="min-w-0">
        <p>{problemTitle(t, refusal.code)}</p>
        <p dir="auto" className="text-muted">
          {refusal.remedy}
        </p>
        <p className="mt-0.5 flex flex-wrap gap-x-2.5 text-12 text-muted">
          <code>{refusal.rule}</code>
          <code>{refusal.supportCode}</code>
          <span>
            {t('device.refusals.tried', { count: refusal.attempts })} <Moment at={refusal.lastAt} />
          </span>
        </p>
        <AdvisedAct deviceId={deviceId} code={refusal.code} />
      </div>
    </li>
  )
}
