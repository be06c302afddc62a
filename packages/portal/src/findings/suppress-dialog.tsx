import type { FindingView } from '@sanad/protocol/operator-api/findings'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { Field } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { Select } from '../ui/select.tsx'
import { suppressFinding } from './finding-queries.ts'

const DAYS = ['1', '7', '30', '90'] as const

interface SuppressDialogProps {
  readonly finding: FindingView
  readonly onClose: () => void
}

/** A finding that is known: silent for a while, never for ever. */
export function SuppressDialog({ finding, onClose }: SuppressDialogProps) {
  const { t } = useTranslation()
  const [days, setDays] = useState<(typeof DAYS)[number]>('7')
  const [note, setNote] = useState('')
  return (
    <FormDialog
      title={t('findings.silence.title')}
      note={t(`findings.check.${finding.check}`)}
      submit={t('findings.silence.confirm')}
      input={{ days: Number(days), ...noteMember(note) }}
      send={(body) => suppressFinding(finding.findingId, body)}
      told={t('findings.silence.done')}
      stale={stale('listFindings', 'countFindings')}
      onClose={onClose}
    >
      <Field label={t('findings.silence.for')} hint={t('findings.silence.hint')}>
        {(control) => (
          <Select<(typeof DAYS)[number]>
            {...control}
            value={days}
            onChange={setDays}
            choices={DAYS.map((value) => ({
              value,
              label: t('findings.silence.days', { count: Number(value) }),
            }))}
          />
        )}
      </Field>
      <NoteField value={note} onChange={setNote} />
    </FormDialog>
  )
}
