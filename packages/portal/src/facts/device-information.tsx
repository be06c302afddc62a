import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { type DeviceFacts, FACT_NAMES } from '@sanad/protocol/domain/device-facts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextInput } from '../ui/field.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { deviceFactsQuery } from './facts-queries.ts'
import { factText } from './fact-value.ts'

/** What the client told of host, service and itself; and, beside a day of before, what is another now. */
export function DeviceInformation({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const [day, setDay] = useState('')
  const now = useQuery(deviceFactsQuery(device.deviceId))
  const then = useQuery({
    ...deviceFactsQuery(device.deviceId, day === '' ? undefined : `${day}T23:59:59.999Z`),
    enabled: day !== '',
  })
  const changedAt = now.data?.changedAt ?? null
  const today = new Date(useMinute()).toISOString().slice(0, 10)
  const former = day === '' ? undefined : then.data?.facts
  return (
    <Panel
      title={t('facts.title')}
      note={
        changedAt !== null && (
          <>
            {t('facts.changed')} <Moment at={changedAt} />
          </>
        )
      }
      actions={
        <label className="flex items-center gap-2 text-12 text-muted">
          {t('facts.compare')}
          <TextInput
            type="date"
            className="h-8 w-38"
            value={day}
            max={today}
            onChange={({ target }) => setDay(target.value)}
          />
        </label>
      }
    >
      {then.isError && (
        <ProblemNote
          error={then.error}
          what={t('facts.former-not-loaded')}
          onRetry={() => void then.refetch()}
        />
      )}
      <QueryPart query={now} failed={t('facts.not-loaded')} lines={4}>
        {({ facts }) => <Facts facts={facts} former={former} />}
      </QueryPart>
    </Panel>
  )
}

function Facts({ facts, former }: { facts: DeviceFacts; former: DeviceFacts | undefined }) {
  const { t } = useTranslation()
  const names = FACT_NAMES.filter(
    (name) => facts[name] !== undefined || former?.[name] !== undefined,
  )
  if (names.length === 0) return <p className="text-13 text-muted">{t('facts.none')}</p>
  return (
    <dl className="grid gap-x-8 gap-y-4 text-13 sm:grid-cols-2 xl:grid-cols-3">
      {names.map((name) => {
        const isChanged = former !== undefined && former[name] !== facts[name]
        return (
          <div key={name} className="min-w-0">
            <dt className="text-12 text-muted">{t(`facts.name.${name}`)}</dt>
            <dd className="mt-0.5 min-w-0 wrap-anywhere">
              {isChanged && (
                <>
                  <s dir="auto" className="text-muted">
                    {factText(t, name, former[name])}
                  </s>{' '}
                </>
              )}
              <span dir="auto" className={isChanged ? 'font-medium text-attention' : undefined}>
                {factText(t, name, facts[name])}
              </span>
            </dd>
          </div>
        )
      })}
    </dl>
  )
}
