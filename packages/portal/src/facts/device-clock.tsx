import type { ClockResetProgress } from '@sanad/protocol/operator-api/clock-resets'
import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { useQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { clockResetQuery, deviceFactsQuery } from './facts-queries.ts'
import { ResetClockDialog } from './reset-clock-dialog.tsx'

/** What the device says of its trusted clock, and the one way to set it back. */
export function DeviceClock({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const mayNot = usePermissionRefusal('time:reset')
  const facts = useQuery(deviceFactsQuery(device.deviceId))
  const last = useQuery(clockResetQuery(device.deviceId))
  const isInUse = device.state !== 'blocked' && device.state !== 'deregistered'
  const refusal = mayNot ?? (isInUse ? undefined : t('facts.reset.not-in-use'))
  return (
    <Panel
      title={t('facts.clock.title')}
      actions={
        <Button
          shape="quiet"
          refusal={refusal}
          icon={<History aria-hidden="true" className="size-3.5" />}
          onClick={() => setAsking(true)}
        >
          {t('facts.reset.verb')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4 text-13">
        <QueryPart query={facts} failed={t('facts.clock.not-loaded')} lines={1}>
          {(told) => <Told facts={told.facts} />}
        </QueryPart>
        <QueryPart query={last} failed={t('facts.reset.not-loaded')} lines={1}>
          {({ reset }) => reset !== null && <Reset reset={reset} />}
        </QueryPart>
      </div>
      {isAsking && <ResetClockDialog device={device} onClose={() => setAsking(false)} />}
    </Panel>
  )
}

const HEALTH_OF = { trusted: 'good', ageing: 'attention', untrusted: 'bad' } as const

function Told({ facts: { clockState, clockUncertaintyMs } }: { facts: DeviceFacts }) {
  const { t } = useTranslation()
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <StateMark health={clockState === undefined ? 'unknown' : HEALTH_OF[clockState]}>
        {t(`facts.clocks.${clockState ?? 'unknown'}`)}
      </StateMark>
      {clockUncertaintyMs !== undefined && (
        <span className="tabular text-muted">
          {t('facts.clock.bound', { bound: clockUncertaintyMs })}
        </span>
      )}
    </p>
  )
}

const STEPS = ['waiting', 'sent', 'done'] as const
const HEALTH_OF_RESET: Record<ClockResetProgress['state'], Health> = {
  waiting: 'attention',
  sent: 'attention',
  done: 'good',
  expired: 'bad',
}

/** How far the last order has come. */
function Reset({ reset }: { reset: ClockResetProgress }) {
  const { t } = useTranslation()
  const { state, orderedBy, orderedAt, notAfter } = reset
  const at = { waiting: orderedAt, sent: reset.sentAt, done: reset.doneAt }
  const isUnderWay = state === 'waiting' || state === 'sent'
  return (
    <section aria-label={t('facts.reset.title')} className="border-t border-line pt-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-medium">{t('facts.reset.title')}</h3>
        <StateMark badge health={HEALTH_OF_RESET[state]}>
          {t(`facts.reset.state.${state}`)}
        </StateMark>
      </div>
      <p className="mt-1 text-12 text-muted">{t(`facts.reset.means.${state}`)}</p>
      <ol className="mt-3 flex flex-col gap-1.5">
        {STEPS.map((step) => (
          <li key={step} className="flex items-baseline justify-between gap-3">
            <span className={at[step] === null ? 'text-muted' : undefined}>
              {t(`facts.reset.step.${step}`, { name: orderedBy })}
            </span>
            {at[step] === null ? (
              <span className="text-muted">{t('facts.reset.not-yet')}</span>
            ) : (
              <Moment at={at[step]} className="text-muted" />
            )}
          </li>
        ))}
      </ol>
      {isUnderWay && (
        <p className="mt-2 text-12 text-muted">
          {t('facts.reset.ends')} <Moment at={notAfter} />
        </p>
      )}
    </section>
  )
}
