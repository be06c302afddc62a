import type { ImportView } from '@sanad/protocol/api/imports'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isNotThere } from '../api/problem.ts'
import { send } from '../api/request.ts'
import { NotFound } from '../frame/page-problem.tsx'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { LevelBar } from '../ui/level-bar.tsx'
import { tell } from '../ui/notices.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'
import { importQuery, isMoving } from './import-queries.ts'
import { ImportState } from './import-state.tsx'
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
          : (view.signer?.replaceAll('\n', ', ') ?? t(`imports.format.${view.format}`))
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
          {view.state === 'ready' && <Confirm view={view} />}
          {(view.rowsWithErrors ?? 0) > 0 && <RowErrors importId={importId} />}
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
            {t('imports.progress', { percent: view.percent, rate: view.rowsPerSecond })}
            {left !== undefined && ` · ${t('imports.left', { count: left })}`}
          </span>
        </div>
        <LevelBar share={view.percent / 100} health="good" />
        <p className="text-12 text-muted">{t('imports.mayLeave')}</p>
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
    ['applied', view.rowsApplied],
  ] as const
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-line ring-1 ring-line sm:grid-cols-4">
      {figures.map(([name, count]) => (
        <div key={name} className="bg-surface px-4 py-3">
          <dt className="text-12 text-muted">{t(`imports.figure.${name}`)}</dt>
          <dd className="tabular text-20 font-semibold">
            {count === null ? '–' : t('imports.number', { count })}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Confirm({ view }: { view: ImportView }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const notAllowed = usePermissionRefusal('import:manage')
  const valid = view.rowsValid ?? 0
  const withErrors = view.rowsWithErrors ?? 0
  const act = useMutation({
    mutationFn: ({ path, body }: { path: 'confirm' | 'discard'; body?: object }) =>
      send(`/imports/${view.importId}/${path}`, {
        method: 'POST',
        ...(body !== undefined && { body }),
      }),
    onSuccess: async (_answer, { path }) => {
      tell(t(`imports.confirm.${path}`))
      await client.invalidateQueries({ queryKey: ['import', view.importId] })
    },
  })
  const none = valid === 0 ? t('imports.confirm.nothingValid') : undefined
  const hasErrors =
    withErrors > 0 ? t('imports.confirm.hasErrors', { count: withErrors }) : undefined
  return (
    <Panel title={t('imports.confirm.title')} note={t('imports.confirm.note')}>
      <p className="text-13">
        {t('imports.confirm.effect', { count: valid })}{' '}
        {withErrors > 0 && t('imports.confirm.leftOut', { count: withErrors })}
      </p>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button
          shape={withErrors === 0 ? 'primary' : 'secondary'}
          refusal={notAllowed ?? none ?? hasErrors}
          busy={act.isPending}
          onClick={() => act.mutate({ path: 'confirm', body: { choice: 'all' } })}
        >
          {t('imports.confirm.all', { count: valid })}
        </Button>
        {withErrors > 0 && (
          <Button
            shape="primary"
            refusal={notAllowed ?? none}
            busy={act.isPending}
            onClick={() => act.mutate({ path: 'confirm', body: { choice: 'valid' } })}
          >
            {t('imports.confirm.valid', { count: valid })}
          </Button>
        )}
        <Button shape="quiet" refusal={notAllowed} onClick={() => act.mutate({ path: 'discard' })}>
          {t('imports.confirm.discardAction')}
        </Button>
      </div>
      {act.isError && (
        <div className="mt-4">
          <ProblemNote error={act.error} />
        </div>
      )}
    </Panel>
  )
}
