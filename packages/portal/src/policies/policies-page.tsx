import type { PolicyListItem } from '@sanad/protocol/operator-api/policies'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { AddButton } from '../ui/add-button.tsx'
import { dataColumns } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { NewPolicyDialog } from './new-policy-dialog.tsx'
import { policiesQuery } from './policy-queries.ts'

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
        <AddButton refusal={refusal} onClick={() => setCreating(true)}>
          {t('policies.create.action')}
        </AddButton>
      }
    >
      <ListPanel
        label={t('policies.title')}
        query={query}
        failed={t('policies.failed')}
        skeletonRows={3}
        empty={
          <Empty icon={<SlidersHorizontal aria-hidden="true" />} title={t('policies.empty')} />
        }
        columns={columns}
        rowId={(row) => row.policyId}
      />
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
