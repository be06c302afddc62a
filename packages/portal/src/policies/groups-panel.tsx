import type { GroupView } from '@sanad/protocol/api/groups'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Boxes, Plus } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { trustQuery } from '../trust/trust-query.ts'
import { Button } from '../ui/button.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { createGroup, groupsQuery } from './policy-queries.ts'

/** Programmes, regions, centres: what devices are sorted into, and which country certifies them. */
export function GroupsPanel() {
  const { t } = useTranslation()
  const [isCreating, setCreating] = useState(false)
  const refusal = usePermissionRefusal('group:manage')
  const query = useQuery(groupsQuery)
  const columns = useColumns()
  return (
    <Panel
      flush
      title={t('policies.groups.title')}
      note={t('policies.groups.note')}
      actions={
        <Button
          refusal={refusal}
          icon={<Plus aria-hidden="true" className="size-3.5" />}
          onClick={() => setCreating(true)}
        >
          {t('policies.groups.create')}
        </Button>
      }
    >
      <QueryList
        query={query}
        failed={t('policies.groups.failed')}
        skeletonRows={3}
        empty={
          <Empty icon={<Boxes aria-hidden="true" />} title={t('policies.groups.empty')}>
            {t('policies.groups.empty-text')}
          </Empty>
        }
      >
        {(rows) => (
          <DataTable
            label={t('policies.groups.title')}
            columns={columns}
            rows={rows}
            rowId={(row) => row.groupId}
          />
        )}
      </QueryList>
      {isCreating && <NewGroupDialog onClose={() => setCreating(false)} />}
    </Panel>
  )
}

const column = dataColumns<GroupView>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('name', {
      header: t('policies.groups.column.name'),
      cell: ({ row: { original } }) => (
        <Link
          to="/groups/$groupId"
          params={{ groupId: original.groupId }}
          data-row-link=""
          className="font-medium hover:underline"
        >
          {original.name}
        </Link>
      ),
    }),
    column.accessor('country', {
      header: t('policies.groups.column.country'),
      meta: { className: 'max-sm:hidden' },
      cell: ({ row: { original } }) =>
        original.country === null ? (
          <span className="text-muted">{t('policies.groups.any-country')}</span>
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
      header: t('policies.groups.column.created'),
      meta: { className: 'w-36 max-md:hidden' },
      cell: ({ row }) => <Moment at={row.original.createdAt} className="text-muted" />,
    }),
  ])
}

const ANY = 'any'

function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [market, setMarket] = useState(ANY)
  const provider = useQuery(trustQuery).data?.providerCertificates ?? []
  const markets = [...new Set(provider.map((one) => `${one.country} ${one.environment}`))]
  const create = useMutation({
    mutationFn: () => {
      const [country = '', environment = ''] = market.split(' ')
      return createGroup({
        name: name.trim(),
        ...(market !== ANY && { country, environment }),
      })
    },
    onSuccess: async () => {
      tell(t('policies.groups.done', { name: name.trim() }))
      onClose()
      await client.invalidateQueries({ queryKey: ['groups'] })
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
      title={t('policies.groups.create')}
      note={t('policies.groups.note')}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('policies.groups.column.name')}>
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
        <Field label={t('policies.groups.column.country')} hint={t('policies.groups.country-hint')}>
          {(control) => (
            <Select
              {...control}
              value={market}
              onChange={setMarket}
              choices={[
                { value: ANY, label: t('policies.groups.any-country') },
                ...markets.map((value) => ({ value, label: value.replace(' ', ' · ') })),
              ]}
            />
          )}
        </Field>
        {create.isError && <ProblemNote error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={create.isPending}>
            {t('policies.groups.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
