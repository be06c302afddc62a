import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupDetail } from '@sanad/protocol/operator-api/groups'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { Field } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { changeGroup, deleteGroup, emptyGroup, fillGroup, groupQuery } from './group-queries.ts'
import { ANY_MARKET, MarketField, marketOf } from './market-field.tsx'

interface GroupDialogProps {
  readonly group: GroupDetail
  readonly onClose: () => void
}

export function RenameGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation()
  const was = group.country === null ? ANY_MARKET : `${group.country} ${group.environment ?? ''}`
  const [text, setText] = useState(group.name)
  const [market, setMarket] = useState(was)
  const name = text.trim()
  const change = { name, ...(market !== was && { market: marketOf(market) ?? null }) }
  return (
    <FormDialog
      title={t('groups.rename.title', { name: group.name })}
      note={t('groups.rename.note')}
      submit={t('groups.rename.submit')}
      input={name === '' ? undefined : change}
      send={(body) => changeGroup(group.groupId, body)}
      told={t('groups.rename.done', { name })}
      stale={stale('listGroups', 'readGroup')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <TextField
            label={t('groups.list.column.name')}
            value={text}
            maxLength={128}
            isMissing={isChecked && name === ''}
            onChange={setText}
          />
          <MarketField label={t('groups.fact.market')} value={market} onChange={setMarket} />
        </>
      )}
    </FormDialog>
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
  const [file, setFile] = useState<File | undefined>()
  const [bulkActId] = useState(() => crypto.randomUUID())
  return (
    <FormDialog
      title={t('groups.fill.title', { name: group.name })}
      note={t('groups.fill.note')}
      submit={t('groups.fill.submit')}
      input={file}
      send={(chosen) => fillGroup(group.groupId, bulkActId, chosen)}
      onDone={useFollow()}
      stale={stale('listBulkActs', 'readBulkAct', 'listBulkActFailures')}
      onClose={onClose}
    >
      {(isChecked) => (
        <Field
          label={t('groups.fill.file')}
          hint={t('groups.fill.hint')}
          error={isChecked && file === undefined ? t('ui.file-missing') : undefined}
        >
          {(control) => (
            <input
              {...control}
              type="file"
              accept=".csv,text/csv,text/plain"
              onChange={({ target }) => setFile(target.files?.[0])}
              className="text-13 file:me-3 file:h-8 file:cursor-pointer file:rounded-md file:border-0 file:bg-sunken file:px-3 file:text-ink"
            />
          )}
        </Field>
      )}
    </FormDialog>
  )
}

export function EmptyGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation()
  const follow = useFollow()
  return (
    <FormDialog
      title={t('groups.empty.title', { name: group.name })}
      note={t('groups.empty.note', { count: group.devices })}
      submit={t('groups.empty.submit')}
      input={group.groupId}
      send={emptyGroup}
      onDone={(moved) => ('bulkActId' in moved ? follow(moved) : undefined)}
      stale={stale('listBulkActs', 'readBulkAct', 'listBulkActFailures')}
      onClose={onClose}
    />
  )
}

export function DeleteGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const client = useQueryClient()
  return (
    <FormDialog
      title={t('groups.delete.title', { name: group.name })}
      note={t('groups.delete.note')}
      submit={t('groups.delete.submit')}
      shape="danger"
      input={group.groupId}
      send={deleteGroup}
      told={t('groups.delete.done', { name: group.name })}
      onDone={async () => {
        // Away from its page first: read again, the group would be missing there.
        await navigate({ to: '/groups' })
        client.removeQueries({ queryKey: groupQuery(group.groupId).queryKey })
      }}
      stale={stale('listGroups', 'readGroup')}
      onClose={onClose}
    />
  )
}
