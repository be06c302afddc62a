import type {
  BulkActName,
  BulkActPreviewBody,
  BulkActTerms,
  DeviceSelection,
} from '@sanad/protocol/operator-api/bulk-acts'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { COMPOSABLE, EMPTY_DRAFT, toCommand } from '../commands/command-draft.ts'
import { REASONS_FOR } from '../device/act-dialog.tsx'
import { groupsQuery } from '../policies/policy-queries.ts'
import { Field } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
import { Select } from '../ui/select.tsx'
import { bulkPreviewQuery, orderBulkAct } from './bulk-queries.ts'
import { BulkPreview } from './bulk-preview.tsx'

const REASONS_TO_ROTATE: readonly Reason[] = [
  'policy',
  'key-compromised',
  'tampered',
  'relocated',
  'other',
]

interface BulkActDialogProps {
  readonly act: BulkActName
  readonly selection: DeviceSelection
  readonly onClose: () => void
}

/** Whom it touches is shown first; the act begins only when a person has seen that and given a reason. */
export function BulkActDialog({ act, selection, onClose }: BulkActDialogProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  // One for the whole dialog: a second press orders nothing more.
  const [bulkActId] = useState(() => crypto.randomUUID())
  const [terms, setTerms] = useState<BulkActTerms>(() => beginningOf(act))
  const [note, setNote] = useState('')
  const preview = useQuery(bulkPreviewQuery(previewOf(terms, selection)))
  const isWhole = isComplete(terms) && preview.data !== undefined
  return (
    <FormDialog
      wide
      title={t(`bulk.act.${act}.title`)}
      note={t(`bulk.act.${act}.effect`)}
      submit={
        preview.data === undefined
          ? t(`bulk.act.${act}.name`)
          : t(`bulk.act.${act}.submit`, { count: preview.data.willChange })
      }
      shape={act === 'deregister' || act === 'block' ? 'danger' : 'primary'}
      refusal={preview.data?.willChange === 0 ? t('bulk.preview.nothing') : undefined}
      isLoading={preview.isLoading}
      failed={t('bulk.not-ordered')}
      input={isWhole ? { bulkActId, ...terms, selection, ...noteMember(note) } : undefined}
      send={orderBulkAct}
      onDone={() => navigate({ to: '/bulk-acts/$bulkActId', params: { bulkActId } })}
      stale={stale('listBulkActs', 'readBulkAct', 'listBulkActFailures')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <TermsFields terms={terms} onChange={setTerms} isChecked={isChecked} />
          <BulkPreview preview={preview} act={act} />
          <NoteField value={note} onChange={setNote} />
        </>
      )}
    </FormDialog>
  )
}

const FIRST_COMMAND = toCommand(EMPTY_DRAFT, 0)

const beginningOf = (act: BulkActName): BulkActTerms =>
  act === 'send-command' ? { act, command: FIRST_COMMAND } : { act }

const isComplete = ({ act, reason, groupId, command }: BulkActTerms): boolean => {
  if (act === 'assign-group') return groupId !== undefined
  return act === 'send-command' ? command !== undefined : reason !== undefined
}

/** Whom it touches does not hang on the reason: it is shown before one is given. */
function previewOf(
  terms: BulkActTerms,
  selection: DeviceSelection,
): BulkActPreviewBody | undefined {
  const { act, reason = 'other' } = terms
  if (act === 'assign-group')
    return terms.groupId === undefined ? undefined : { ...terms, selection }
  return act === 'send-command' ? { ...terms, selection } : { ...terms, reason, selection }
}

interface TermsFieldsProps {
  readonly terms: BulkActTerms
  readonly onChange: (terms: BulkActTerms) => void
  readonly isChecked: boolean
}

function TermsFields({ terms, onChange, isChecked }: TermsFieldsProps) {
  const { act, reason } = terms
  if (act === 'assign-group')
    return <GroupField terms={terms} onChange={onChange} isChecked={isChecked} />
  if (act === 'send-command') return <CommandField terms={terms} onChange={onChange} />
  return (
    <ReasonField
      reasons={act === 'rotate-key' ? REASONS_TO_ROTATE : REASONS_FOR[act]}
      value={reason}
      onChange={(chosen) => onChange({ act, reason: chosen })}
      isMissing={isChecked && reason === undefined}
    />
  )
}

function GroupField({ terms: { act, groupId }, onChange, isChecked }: TermsFieldsProps) {
  const { t } = useTranslation()
  const groups = useQuery(groupsQuery).data?.items ?? []
  return (
    <Field
      label={t('bulk.group')}
      error={isChecked && groupId === undefined ? t('bulk.group-missing') : undefined}
    >
      {(control) => (
        <Select
          {...control}
          value={groupId}
          onChange={(chosen: string) => onChange({ act, groupId: chosen })}
          placeholder={t('bulk.group-choose')}
          choices={[
            ...groups.map((group) => ({ value: group.groupId, label: group.name })),
            { value: 'none', label: t('bulk.no-group') },
          ]}
        />
      )}
    </Field>
  )
}

/** Kinds that need no more than their name; the others are composed on the page of commands. */
const PLAIN = COMPOSABLE.filter((type) => type !== 'rotate-key')

function CommandField({ terms: { act, command }, onChange }: Omit<TermsFieldsProps, 'isChecked'>) {
  const { t } = useTranslation()
  return (
    <Field label={t('bulk.command')} hint={t('bulk.command-hint')}>
      {(control) => (
        <Select
          {...control}
          value={command?.type}
          onChange={(type) =>
            onChange({ act, command: toCommand({ ...EMPTY_DRAFT, type }, Date.now()) })
          }
          choices={PLAIN.map((type) => ({ value: type, label: t(`commands.type.${type}`) }))}
        />
      )}
    </Field>
  )
}
