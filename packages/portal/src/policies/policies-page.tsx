import { DEFAULT_POLICY_SETTINGS, type PolicyListItem } from '@sanad/protocol/operator-api/policies'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Plus, SlidersHorizontal } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { createPolicy, policiesQuery } from './policy-queries.ts'

/** How long keys live and how often devices check in, by name. */
export function PoliciesPage() {
  const { t } = useTranslation()
  const [isCreating, setCreating] = useState(false)
  const refusal = usePermissionRefusal('policy:manage')
  const query = useQuery(policiesQuery)
  const columns = useColumns()
  return (
    <Page
      name={t('policies.title')}
      note={t('policies.note')}
      actions={
        <Button
          shape="primary"
          refusal={refusal}
          icon={<Plus aria-hidden="true" className="size-4" />}
          onClick={() => setCreating(true)}
        >
          {t('policies.create.action')}
        </Button>
      }
    >
      <Panel flush>
        <QueryList
          query={query}
          failed={t('policies.failed')}
          skeletonRows={3}
          empty={
            <Empty icon={<SlidersHorizontal aria-hidden="true" />} title={t('policies.empty')} />
          }
        >
          {(rows) => (
            <DataTable
              label={t('policies.title')}
              columns={columns}
              rows={rows}
              rowId={(row) => row.policyId}
            />
          )}
        </QueryList>
      </Panel>
      {isCreating && <NewPolicyDialog onClose={() => setCreating(false)} />}
    </Page>
  )
}

const column = dataColumns<PolicyListItem>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('name', {
      header: t('policies.column.name'),
      cell: ({ row: { original } }) => (
        <Link
          to="/policies/$policyId"
          params={{ policyId: original.policyId }}
          data-row-link=""
          className="font-medium wrap-anywhere hover:underline"
        >
          {original.name}
        </Link>
      ),
    }),
    column.accessor('assignments', {
      header: t('policies.column.given'),
      meta: { className: 'wrap-anywhere max-md:hidden' },
      cell: ({ row: { original } }) =>
        original.assignments.length === 0 ? (
          <span className="text-muted">{t('policies.nobody')}</span>
        ) : (
          original.assignments
            .map(({ scope, name }) => name ?? t(`policies.scope.${scope}`))
            .join(', ')
        ),
    }),
    column.accessor('devices', {
      header: t('policies.column.devices'),
      meta: { className: 'w-24 text-end tabular' },
      cell: ({ row }) => t('keys.number', { count: row.original.devices }),
    }),
    column.display({
      id: 'rotation',
      header: t('policies.column.rotation'),
      meta: { className: 'w-40 tabular max-sm:hidden' },
      cell: ({ row: { original } }) =>
        t('policies.every', { count: original.settings.rotationDays }),
    }),
    column.display({
      id: 'recovery',
      header: t('policies.column.recovery'),
      meta: { className: 'max-lg:hidden' },
      cell: ({ row: { original } }) => t(`policies.recovery.${original.settings.recovery}`),
    }),
    column.accessor('changedAt', {
      header: t('policies.column.changed'),
      meta: { className: 'w-52 whitespace-nowrap max-md:hidden' },
      cell: ({ row: { original } }) => (
        <span className="text-muted">
          {t('policies.version', { version: original.version })} ·{' '}
          <Moment at={original.changedAt} />
        </span>
      ),
    }),
  ])
}

/** A policy begins as MOSIP recommends, and is then changed on its own page, with a preview. */
function NewPolicyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const create = useMutation({
    mutationFn: () => createPolicy({ name: name.trim(), settings: DEFAULT_POLICY_SETTINGS }),
    onSuccess: async ({ policyId }) => {
      await client.invalidateQueries({ queryKey: ['policies'] })
      await navigate({ to: '/policies/$policyId', params: { policyId } })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('policies.create.title')}
      note={t('policies.create.note')}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('policies.column.name')}>
          {(control) => (
            <TextInput
              {...control}
              required
              maxLength={128}
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
        {create.isError && <ProblemNote error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={create.isPending}>
            {t('policies.create.confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
