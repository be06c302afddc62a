import type { PolicyPreview, PolicySettings } from '@sanad/protocol/operator-api/policies'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { policyPreviewQuery } from './policy-queries.ts'

/** What would happen if the settings on the screen were saved. */
export function PolicyForesight({
  policyId,
  settings,
}: {
  policyId: string
  settings: PolicySettings
}) {
  const { t } = useTranslation()
  const query = useQuery(policyPreviewQuery(policyId, useDeferredValue(settings)))
  return (
    <Panel title={t('policies.foresight.title')} note={t('policies.foresight.note')}>
      <QueryPart query={query} failed={t('policies.foresight.not-loaded')} lines={4}>
        {(preview) => <Foresight preview={preview} />}
      </QueryPart>
    </Panel>
  )
}

function Foresight({ preview }: { preview: PolicyPreview }) {
  const { t } = useTranslation()
  const { devices, dueAtOnce, pacedHours, offlineTooLong, couldNotRecover } = preview
  return (
    <div className="flex flex-col gap-4">
      <ul className="flex flex-col gap-2 text-13">
        <Line health="unknown">{t('policies.foresight.devices', { count: devices })}</Line>
        <Line health={dueAtOnce > 0 ? 'attention' : 'good'}>
          {t('policies.foresight.due', {
            count: dueAtOnce,
            hours: Math.ceil(pacedHours * 10) / 10,
          })}
        </Line>
        <Line health={offlineTooLong > 0 ? 'attention' : 'good'}>
          {t('policies.foresight.offline', { count: offlineTooLong })}
        </Line>
        <Line health={couldNotRecover > 0 ? 'bad' : 'good'}>
          {t('policies.foresight.lost', { count: couldNotRecover })}
        </Line>
      </ul>
      <Days days={preview.days} />
    </div>
  )
}

function Line({ health, children }: { health: Health; children: ReactNode }) {
  return (
    <li>
      <StateMark health={health}>{children}</StateMark>
    </li>
  )
}

/** Keys due by day: as it is, and as it would be; the larger of the two sets the scale. */
function Days({ days }: { days: PolicyPreview['days'] }) {
  const { t } = useTranslation()
  const highest = days.reduce((high, day) => Math.max(high, day.asItIs, day.asProposed), 1)
  const share = (count: number): string => `${(count / highest) * 100}%`
  return (
    <figure>
      <figcaption className="mb-2 flex gap-4 text-12 text-muted">
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2 rounded-xs bg-unknown-mark" />
          {t('policies.foresight.as-it-is')}
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2 rounded-xs bg-accent" />
          {t('policies.foresight.proposed')}
        </span>
      </figcaption>
      <div
        role="img"
        aria-label={t('policies.foresight.chart', { count: highest })}
        className="flex h-24 items-end gap-px border-b border-line-strong"
      >
        {days.map((day) => (
          <span key={day.day} className="flex h-full flex-1 items-end gap-px">
            <span
              className="flex-1 rounded-t-xs bg-unknown-mark"
              style={{ blockSize: share(day.asItIs) }}
            />
            <span
              className="flex-1 rounded-t-xs bg-accent"
              style={{ blockSize: share(day.asProposed) }}
            />
          </span>
        ))}
      </div>
    </figure>
  )
}
