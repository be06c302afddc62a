import type { Forecast } from '@sanad/protocol/operator-api/keys'
import { FORECAST_GROUPINGS } from '@sanad/protocol/operator-api/choices'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { ForecastChart } from './forecast-chart.tsx'
import { forecastQuery, whatIfQuery } from './key-queries.ts'
import { useWhatIf, WhatIf } from './what-if.tsx'

const route = getRouteApi('/signed-in/keys')
type Grouping = (typeof FORECAST_GROUPINGS)[number]

/** Which keys are due when, which devices will fail, and how another policy would change it. */
export function ForecastPanel() {
  const { t } = useTranslation()
  const { by = 'model' } = route.useSearch()
  const query = useQuery(forecastQuery({ by, days: 60 }))
  const whatIf = useWhatIf(by)
  const proposed = useQuery(whatIfQuery(whatIf.body)).data
  if (query.isPending)
    return (
      <Panel flush>
        <SkeletonLines lines={8} label={t('ui.loading')} />
      </Panel>
    )
  if (query.data === undefined)
    return (
      <ProblemNote
        error={query.error}
        what={t('keys.forecast.not-loaded')}
        onRetry={() => void query.refetch()}
      />
    )
  const isAsking = whatIf.body !== undefined
  return (
    <Panel
      title={t('keys.forecast.title')}
      note={
        <>
          {t('keys.forecast.as-of')} <Moment at={query.data.at} />
        </>
      }
      actions={<WhatIf whatIf={whatIf} />}
    >
      <div className="flex flex-col gap-5">
        <Failures forecast={query.data} proposed={isAsking ? proposed : undefined} />
        <ForecastChart days={query.data.days} proposed={isAsking ? proposed?.days : undefined} />
        <Groups by={by} forecast={query.data} proposed={isAsking ? proposed : undefined} />
      </div>
    </Panel>
  )
}

interface Compared {
  readonly forecast: Forecast
  readonly proposed: Forecast | undefined
}

/** MF §1.4, 40: SBI error 107 is what an expired key looks like at the counter. */
function Failures({ forecast, proposed }: Compared) {
  const { t } = useTranslation()
  const rows = [
    { name: 'failed', now: forecast.failedAlready, changed: proposed?.failedAlready },
    { name: 'in7', now: forecast.willFail.in7Days, changed: proposed?.willFail.in7Days },
    { name: 'in14', now: forecast.willFail.in14Days, changed: proposed?.willFail.in14Days },
    { name: 'in30', now: forecast.willFail.in30Days, changed: proposed?.willFail.in30Days },
  ] as const
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-line ring-1 ring-line sm:grid-cols-4">
      {rows.map(({ name, now, changed }) => (
        <div key={name} className="bg-surface px-4 py-3">
          <dt className="text-12 text-muted">{t(`keys.forecast.${name}`)}</dt>
          <dd className="tabular mt-1 flex items-baseline gap-2 text-20 font-semibold">
            <StateMark health={now === 0 ? 'good' : name === 'in30' ? 'attention' : 'bad'}>
              {t('keys.number', { count: now })}
            </StateMark>
            {changed !== undefined && changed !== now && (
              <span className="text-13 font-medium text-attention">
                {t('keys.forecast.then', { count: changed })}
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

type Row = Forecast['groups'][number] & { readonly proposed: number | undefined }
const column = dataColumns<Row>()

function Groups({ by, forecast, proposed }: Compared & { by: Grouping }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const changed = new Map(proposed?.groups.map((group) => [group.id, group.in30Days]))
  const rows = forecast.groups.map((group) => ({ ...group, proposed: changed.get(group.id) }))
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center justify-between gap-3">
        <h3 className="text-13 font-semibold">{t('keys.groups.title')}</h3>
        <Select<Grouping>
          aria-label={t('keys.groups.by')}
          className="w-40"
          value={by}
          onChange={(next) => void navigate({ to: '/keys', search: { by: next } })}
          choices={FORECAST_GROUPINGS.map((value) => ({ value, label: t(`keys.groups.${value}`) }))}
        />
      </div>
      <div className="-mx-4 -mb-4 overflow-x-auto border-t border-line">
        <DataTable
          label={t('keys.groups.title')}
          columns={useGroupColumns(by)}
          rows={rows}
          rowId={(row) => row.id ?? 'none'}
        />
      </div>
    </div>
  )
}

function useGroupColumns(by: Grouping) {
  const { t } = useTranslation()
  const figure = (key: 'devices' | 'failedAlready' | 'in7Days' | 'in14Days' | 'in30Days') =>
    column.accessor(key, {
      header: t(`keys.groups.column.${key}`),
      meta: { className: 'w-28 text-end tabular' },
      cell: ({ row: { original } }) => (
        <>
          {t('keys.number', { count: original[key] })}
          {key === 'in30Days' &&
            original.proposed !== undefined &&
            original.proposed !== original.in30Days && (
              <span className="ms-1.5 text-attention">
                {t('keys.forecast.then', { count: original.proposed })}
              </span>
            )}
        </>
      ),
    })
  return column.columns([
    column.accessor('name', {
      header: t(`keys.groups.${by}`),
      cell: ({ row: { original } }) =>
        original.id === null ? (
          <span className="text-muted">{t('keys.groups.none')}</span>
        ) : (
          original.name
        ),
    }),
    figure('devices'),
    figure('failedAlready'),
    figure('in7Days'),
    figure('in14Days'),
    figure('in30Days'),
  ])
}
