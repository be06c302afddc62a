import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupDetail } from '@sanad/protocol/operator-api/groups'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { trustQuery } from '../trust/trust-query.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { changeGroup, deleteGroup, emptyGroup, fillGroup } from './group-queries.ts'

interface GroupDialogProps {
  readonly group: GroupDetail
  readonly onClose: () => void
}

interface QuestionProps {
  readonly title: string
  readonly note: string
  readonly submit: string
  readonly shape?: 'primary' | 'danger'
  readonly act: { mutate: () => void; isPending: boolean; isError: boolean; error: Error | null }
  readonly onClose: () => void
  readonly children?: ReactNode
}

/** A form with one answer, and why it was refused. */
function Question({
  title,
  note,
  submit,
  shape = 'primary',
  act,
  onClose,
  children,
}: QuestionProps) {
  const { t } = useTranslation()
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (!act.isPending) act.mutate()
  }
  return (
    <Dialog open onClose={onClose} title={title} note={note}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        {children}
        {act.isError && <ProblemNote error={act.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape={shape} busy={act.isPending}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

const ANY = 'any'

export function RenameGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const was = group.country === null ? ANY : `${group.country} ${group.environment ?? ''}`
  const [name, setName] = useState(group.name)
  const [market, setMarket] = useState(was)
  const provider = useQuery(trustQuery).data?.providerCertificates ?? []
  const markets = [...new Set([...provider.map((one) => `${one.country} ${one.environment}`), was])]
  const act = useMutation({
    mutationFn: () => {
      const [country = '', environment = ''] = market.split(' ')
      return changeGroup(group.groupId, {
        name: name.trim(),
        ...(market !== was && { market: market === ANY ? null : { country, environment } }),
      })
    },
    onSuccess: async () => {
      tell(t('groups.rename.done', { name: name.trim() }))
      onClose()
      await client.invalidateQueries({ queryKey: ['groups'] })
    },
  })
  return (
    <Question
      title={t('groups.rename.title', { name: group.name })}
      note={t('groups.rename.note')}
      submit={t('groups.rename.submit')}
      act={act}
      onClose={onClose}
    >
      <Field label={t('groups.list.column.name')}>
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
      <Field label={t('groups.fact.market')}>
        {(control) => (
          <Select
            {...control}
            value={market}
            onChange={setMarket}
            choices={[
              { value: ANY, label: t('groups.list.any-country') },
              ...markets
                .filter((value) => value !== ANY)
                .map((value) => ({ value, label: value.replace(' ', ' · ') })),
            ]}
          />
        )}
      </Field>
    </Question>
  )
}

/** To where the progress of what was ordered is shown. */
function useFollow() {
  const navigate = useNavigate()
  return async ({ bulkActId }: BulkActView) => {
    await navigate({ to: '/bulk-acts/$bulkActId', params: { bulkActId } })
  }
}

export function FillGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation()
  const follow = useFollow()
  const [file, setFile] = useState<File | undefined>()
  const [bulkActId] = useState(() => crypto.randomUUID())
  const act = useMutation({
    mutationFn: (chosen: File) => fillGroup(group.groupId, bulkActId, chosen),
    onSuccess: follow,
  })
  return (
    <Question
      title={t('groups.fill.title', { name: group.name })}
      note={t('groups.fill.note')}
      submit={t('groups.fill.submit')}
      act={{ ...act, mutate: () => file !== undefined && act.mutate(file) }}
      onClose={onClose}
    >
      <Field label={t('groups.fill.file')} hint={t('groups.fill.hint')}>
        {(control) => (
          <input
            {...control}
            type="file"
            required
            accept=".csv,text/csv,text/plain"
            onChange={({ target }) => setFile(target.files?.[0])}
            className="text-13 file:me-3 file:h-8 file:cursor-pointer file:rounded-md file:border-0 file:bg-sunken file:px-3 file:text-ink"
          />
        )}
      </Field>
    </Question>
  )
}

export function EmptyGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation()
  const act = useMutation({ mutationFn: () => emptyGroup(group.groupId), onSuccess: useFollow() })
  return (
    <Question
      title={t('groups.empty.title', { name: group.name })}
      note={t('groups.empty.note', { count: group.devices })}
      submit={t('groups.empty.submit')}
      act={{ ...act, mutate: () => act.mutate() }}
      onClose={onClose}
    />
  )
}

export function DeleteGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const client = useQueryClient()
  const act = useMutation({
    mutationFn: () => deleteGroup(group.groupId),
    onSuccess: async () => {
      tell(t('groups.delete.done', { name: group.name }))
      await navigate({ to: '/groups' })
      client.removeQueries({ queryKey: ['groups', group.groupId] })
      await client.invalidateQueries({ queryKey: ['groups'] })
    },
  })
  return (
    <Question
      title={t('groups.delete.title', { name: group.name })}
      note={t('groups.delete.note')}
      submit={t('groups.delete.submit')}
      shape="danger"
      act={{ ...act, mutate: () => act.mutate() }}
      onClose={onClose}
    />
  )
}
