import type { BulkActName, BulkActPreview } from '@sanad/protocol/operator-api/bulk-acts'
import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'

interface BulkPreviewProps {
  readonly preview: UseQueryResult<BulkActPreview>
  readonly act: BulkActName
}

/** Whom an act touches: how many, of which kind, how many now listen, and who is left out and why. */
export function BulkPreview({ preview, act }: BulkPreviewProps) {
  const { t } = useTranslation()
  if (preview.isError)
    return <ProblemNote error={preview.error} onRetry={() => void preview.refetch()} />
  if (preview.data === undefined && !preview.isFetching)
    return <p className="text-13 text-muted">{t('bulk.preview.incomplete')}</p>
  return (
    <section
      aria-label={t('bulk.preview.title')}
      aria-busy={preview.isFetching}
      className="rounded-lg bg-sunken px-4 py-3 text-13"
    >
      {preview.data === undefined ? (
        <Skeleton className="h-16 w-full" />
      ) : (
        <Content preview={preview.data} act={act} />
      )}
    </section>
  )
}

function Content({ preview, act }: { preview: BulkActPreview; act: BulkActName }) {
  const { t } = useTranslation()
  const number = (count: number) => t('keys.number', { count })
  const { devices, willChange, unchanged, connected, states, models, otherModels, markets } =
    preview
  return (
    <div className="flex flex-col gap-3">
      <p role="status" className="text-14 font-medium">
        {t('bulk.preview.will-change', { count: willChange, all: number(devices) })}
        {unchanged > 0 && ` ${t('bulk.preview.unchanged', { count: unchanged })}`}
      </p>
      {preview.willRefuse.length > 0 && (
        <ul className="flex flex-col gap-1">
          {preview.willRefuse.map(({ state, reason, devices: count }) => (
            <li key={`${state} ${reason}`} className="flex items-start gap-2">
              <HealthIcon health="attention" className="mt-0.5 size-3.5 shrink-0" />
              <span>
                <span className="font-medium">{t('bulk.preview.refused', { count })}</span> {reason}
              </span>
            </li>
          ))}
        </ul>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        <Row name={t('bulk.preview.states')}>
          <Counts
            counts={DEVICE_STATES.filter((state) => states[state] > 0).map((state) => [
              t(`devices.state.${state}`),
              number(states[state]),
            ])}
          />
        </Row>
        <Row name={t('bulk.preview.models')}>
          <Counts
            counts={[
              ...models.map((one): Named => [`${one.make} ${one.model}`, number(one.devices)]),
              ...(otherModels > 0
                ? [[t('bulk.preview.others'), number(otherModels)] satisfies Named]
                : []),
            ]}
          />
        </Row>
        <Row name={t('bulk.preview.markets')}>
          <Counts
            counts={markets.map(({ country, environment, devices: count }) => [
              country === null ? t('bulk.preview.no-market') : `${country} · ${environment ?? ''}`,
              number(count),
            ])}
          />
        </Row>
        <Row name={t('bulk.preview.connected')}>
          {t(
            act !== 'assign-group' && connected < devices
              ? 'bulk.preview.of-later'
              : 'bulk.preview.of',
            { some: number(connected), all: number(devices) },
          )}
        </Row>
      </dl>
    </div>
  )
}

type Named = readonly [name: string, count: string]

/** A name may end in a figure of its own: the count stands apart from it. */
function Counts({ counts }: { counts: readonly Named[] }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-0.5">
      {counts.map(([name, count]) => (
        <li key={name} className="wrap-anywhere">
          {name} <span className="font-medium text-accent">{count}</span>
        </li>
      ))}
    </ul>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="tabular">{children}</dd>
    </>
  )
}
