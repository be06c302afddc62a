import type { PolicySettings, PolicyView } from '@sanad/protocol/operator-api/policies'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { isNotThere } from '../api/problem.ts'
import { NotFound } from '../pages/page-problem.tsx'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { WaitsForSecond, isProposed } from '../ui/waits-for-second.tsx'
import { PolicyAssignments } from './policy-assignments.tsx'
import { PolicyFields } from './policy-fields.tsx'
import { PolicyForesight } from './policy-foresight.tsx'
import { changePolicy, policyQuery } from './policy-queries.ts'

const route = getRouteApi('/signed-in/policies/$policyId')

/** One policy: its settings, what a change would do before it is made, whom it is given to, its history. */
export function PolicyPage() {
  const { t } = useTranslation()
  const { policyId } = route.useParams()
  const { data, error, refetch } = useQuery(policyQuery(policyId))
  const crumbs = [{ label: t('policies.title'), to: '/policies' }]
  if (isNotThere(error)) return <NotFound />
  return (
    <Page name={data?.name ?? t('policies.title')} crumbs={crumbs}>
      {data !== undefined ? (
        // A version that somebody else made starts the form anew.
        <Body key={data.version} policy={data} />
      ) : error === null ? (
        <Panel flush>
          <SkeletonLines lines={10} label={t('ui.loading')} />
        </Panel>
      ) : (
        <ProblemNote error={error} what={t('policies.not-loaded')} onRetry={() => void refetch()} />
      )}
    </Page>
  )
}

function Body({ policy }: { policy: PolicyView }) {
  const [settings, setSettings] = useState(policy.settings)
  const isChanged = JSON.stringify(settings) !== JSON.stringify(policy.settings)
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
      <Settings policy={policy} settings={settings} isChanged={isChanged} onChange={setSettings} />
      <div className="flex min-w-0 flex-col gap-4">
        {isChanged && <PolicyForesight policyId={policy.policyId} settings={settings} />}
        <PolicyAssignments policy={policy} />
        <Versions policy={policy} />
      </div>
    </div>
  )
}

interface SettingsProps {
  readonly policy: PolicyView
  readonly settings: PolicySettings
  readonly isChanged: boolean
  readonly onChange: (settings: PolicySettings) => void
}

function Settings({ policy, settings, isChanged, onChange }: SettingsProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('policy:manage')
  const save = useMutation({
    mutationFn: () => changePolicy(policy.policyId, { settings, version: policy.version }),
    onSuccess: async (answer) => {
      if (isProposed(answer)) return readAgain(client, [['proposals']])
      tell(t('policies.saved'))
      return readAgain(client, stale('listPolicies', 'readPolicy', 'readForecast'))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isChanged) save.mutate()
  }
  const { data: answer, reset } = save
  return (
    <Panel title={t('policies.settings')} note={t('policies.version', { version: policy.version })}>
      <form onSubmit={submit} className="flex flex-col gap-6">
        <PolicyFields settings={settings} onChange={onChange} isReadOnly={refusal !== undefined} />
        {isProposed(answer) && <WaitsForSecond proposed={answer} onClose={reset} />}
        {save.isError && <ProblemNote error={save.error} what={t('policies.not-saved')} />}
        <div className="flex justify-end gap-2">
          {isChanged && (
            <Button onClick={() => onChange(policy.settings)}>{t('policies.undo')}</Button>
          )}
          <Button
            type="submit"
            shape="primary"
            busy={save.isPending}
            refusal={refusal ?? (isChanged ? undefined : t('policies.unchanged'))}
          >
            {t('policies.save')}
          </Button>
        </div>
      </form>
    </Panel>
  )
}

/** What changed from the version before, in words. */
function Versions({ policy: { versions } }: { policy: PolicyView }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('policies.history')} flush>
      <ul className="divide-y divide-line">
        {versions.map((version, index) => {
          const before = versions[index + 1]
          return (
            <li key={version.version} className="px-4 py-2.5 text-13">
              <p>
                {t('policies.version', { version: version.version })} ·{' '}
                <span className="text-muted">
                  {version.createdBy ?? t('events.by.server')}, <Moment at={version.createdAt} />
                </span>
              </p>
              {before !== undefined && (
                <p className="text-12 text-muted">
                  {changesOf(before.settings, version.settings)
                    .map(([name, from, to]) => `${t(`policies.field.${name}`)}: ${from} → ${to}`)
                    .join(' · ')}
                </p>
              )}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}

function changesOf(before: PolicySettings, after: PolicySettings) {
  // Object.keys widens to string; both are of the closed schema.
  const names = Object.keys(after) as (keyof PolicySettings)[]
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => [name, before[name], after[name]] as const)
}
