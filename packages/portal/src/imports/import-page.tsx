import type { ImportView } from '@sanad/protocol/operator-api/imports'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isNotThere } from '../api/problem.ts'
import { NotFound } from '../pages/page-problem.tsx'
import { LevelBar } from '../ui/level-bar.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'
import { ConfirmImport } from './confirm-import.tsx'
import { importQuery, isMoving } from './import-queries.ts'
import { ImportState } from './import-state.tsx'
import { ReadingNote } from './reading-note.tsx'
import { RowErrors } from './row-errors.tsx'

/** One import, from upload to approval. Nothing is written to the repository before it is confirmed. */
export function ImportPage() {
  const { t } = useTranslation()
  const { importId = '' } = useParams({ strict: false })
  const query = useQuery(importQuery(importId))
  const view = query.data
  if (isNotThere(query.error)) return <NotFound />
  return (
    <Page
      name={t('imports.one')}
      crumbs={[{ label: t('imports.title'), to: '/imports' }]}
      title={
        <span className="inline-flex items-center gap-3">
          {t('imports.one')} {view !== undefined && <ImportState state={view.state} badge />}
        </span>
      }
      note={
        view === undefined
          ? undefined
          : [
              view.fileName,
              view.signer?.replaceAll('\n', ', ') ?? t(`imports.format.${view.format}`),
            ]
              .filter((part) => part !== null)
              .join(' · ')
      }
    >
      {query.isPending && (
        <Panel flush>
          <SkeletonLines lines={5} label={t('ui.loading')} />
        </Panel>
      )}
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('imports.failed')}
          onRetry={() => void query.refetch()}
        />
      )}
      {view !== undefined && (
        <>
          {isMoving(view) && <Progress view={view} />}
          {view.failure !== null && <Failure failure={view.failure} />}
          <Numbers view={view} />
          {view.state === 'applied' && <DevicesMade view={view} />}
          {view.state === 'ready' && <ConfirmImport view={view} />}
          {(view.rowsWithErrors ?? 0) + (view.rowsWithWarnings ?? 0) > 0 && (
            <RowErrors importId={importId} />
          )}
          {view.reading !== null && <Reading reading={view.reading} />}
        </>
      )}
    </Page>
  )
}

function Progress({ view }: { view: ImportView }) {
  const { t } = useTranslation()
  const left =
    view.rowsPerSecond > 0 && view.rowsRead > 0
      ? Math.ceil(((100 - view.percent) / 100) * (view.rowsRead / view.rowsPerSecond))
      : undefined
  return (
    <Panel>
      <div role="status" className="flex flex-col gap-2 text-13">
        <div className="flex items-baseline justify-between gap-4">
          <span className="font-medium">
            {t(`imports.step.${view.state}` as 'imports.step.checking')}
          </span>
          <span className="tabular text-muted">
            {t('imports.progress', { percent: view.percent, count: view.rowsPerSecond })}
            {left !== undefined && ` · ${t('imports.left', { count: left })}`}
          </span>
        </div>
        <LevelBar share={view.percent / 100} health="good" />
        <p className="text-12 text-muted">{t('imports.may-leave')}</p>
      </div>
    </Panel>
  )
}

function Failure({ failure }: { failure: NonNullable<ImportView['failure']> }) {
  const { t } = useTranslation()
  return (
    <div role="alert" className="flex gap-3 rounded-lg bg-bad-soft p-4 text-13">
      <HealthIcon health="bad" className="mt-0.5" />
      <div>
        <p className="text-14 font-semibold">{t('imports.failure.title')}</p>
        <p>
          {failure.detail} {failure.row !== null && t('imports.failure.row', { row: failure.row })}
        </p>
        <p className="mt-1 text-muted">{t('imports.failure.nothing')}</p>
        <code className="mt-2 block text-12 text-muted">{failure.code}</code>
      </div>
    </div>
  )
}

function Numbers({ view }: { view: ImportView }) {
  const { t } = useTranslation()
  const figures = [
    ['read', view.rowsRead],
    ['valid', view.rowsValid],
    ['errors', view.rowsWithErrors],
    ['warnings', view.rowsWithWarnings],
    ['applied', view.rowsApplied],
  ] as const
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-line ring-1 ring-line sm:grid-cols-5">
      {figures.map(([name, count]) => (
        <div key={name} className="bg-surface px-4 py-3 last:max-sm:col-span-2">
          <dt className="text-12 text-muted">{t(`imports.figure.${name}`)}</dt>
          <dd className="tabular text-20 font-semibold">
            {count === null ? '–' : t('imports.number', { count })}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function DevicesMade({ view }: { view: ImportView }) {
  const { t } = useTranslation()
  return (
    <p className="text-13">
      <Link to="/devices" search={{ import: view.importId }} className="text-accent underline">
        {t('imports.made', { count: view.rowsApplied })}
      </Link>
    </p>
  )
}

/** How the table was understood. */
function Reading({ reading }: { reading: NonNullable<ImportView['reading']> }) {
  const { t } = useTranslation()
  const { encoding, delimiter, above, columns } = reading
  return (
    <Panel title={t('imports.reading.title')}>
      <dl className="grid gap-x-6 gap-y-1 text-13 sm:grid-cols-2">
        {columns.map(({ header, column }, index) => (
          <div key={`${index}-${header}`} className="flex gap-3">
            <dt className="min-w-0 flex-1 truncate font-mono text-muted">{header || '–'}</dt>
            <dd className="flex-1 font-mono">
              {column === '-' ? t('imports.mapping.left-out') : column}
            </dd>
          </div>
        ))}
      </dl>
      <ReadingNote encoding={encoding} delimiter={delimiter} above={above} />
    </Panel>
  )
}
