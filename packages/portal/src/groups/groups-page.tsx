import type { GroupView } from '@sanad/protocol/operator-api/groups'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Boxes } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { groupsQuery } from '../policies/policy-queries.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { AddButton } from '../ui/add-button.tsx'
import { dataColumns } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { NewGroupDialog } from './new-group-dialog.tsx'

/** Programmes, regions, centres, with how many devices each has, and which country certifies them. */
export function GroupsPage() {
  const { t } = useTranslation()
  const [isCreating, setCreating] = useState(false)
  const refusal = usePermissionRefusal('group:manage')
  const query = useQuery(groupsQuery)
  const columns = useColumns()
  return (
    <Page
      name={t('groups.title')}
      note={t('groups.note')}
      actions={
        <AddButton refusal={refusal} onClick={() => setCreating(true)}>
          {t('groups.list.create')}
        </AddButton>
      }
    >
      <ListPanel
        label={t('groups.title')}
        query={query}
        failed={t('groups.list.failed')}
        skeletonRows={3}
        empty={
          <Empty icon={<Boxes aria-hidden="true" />} title={t('groups.list.empty')}>
            {t('groups.list.empty-text')}
          </Empty>
        }
        columns={columns}
        rowId={(row) => row.groupId}
      />
      {isCreating && <NewGroupDialog onClose={() => setCreating(false)} />}
    </Page>
  )
}

const column = dataColumns<GroupView>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('name', {
      header: t('groups.list.column.name'),
      cell: ({ row: { original } }) => (
        <Link
          to="/groups/$groupId"
          params={{ groupId: original.groupId }}
          data-row-link=""
          className="font-medium wrap-anywhere hover:underline"
        >
          {original.name}
        </Link>
      ),
    }),
    column.accessor('country', {
      header: t('groups.list.column.country'),
      meta: { className: 'max-sm:hidden' },
      cell: ({ row: { original } }) =>
        original.country === null ? (
          <span className="text-muted">{t('groups.list.any-country')}</span>
        ) : (
          `${original.country} · ${original.environment ?? ''}`
        ),
    }),
    column.accessor('devices', {
      header: t('policies.column.devices'),
      meta: { className: 'w-24 text-end tabular' },
      cell: ({ row }) => t('keys.number', { count: row.original.devices }),
    }),
    column.accessor('createdAt', {
      header: t('groups.list.column.created'),
      meta: { className: 'w-36 max-md:hidden' },
      cell: ({ row }) => <Moment at={row.original.createdAt} className="text-muted" />,
    }),
  ])
}
