import type { FindingView } from '@sanad/protocol/operator-api/findings'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { suppressFinding } from './finding-queries.ts'

const DAYS = ['1', '7', '30', '90'] as const

/** Somebody knows about it: silent for a while, never for ever. */
export function SuppressDialog({
  finding,
  onClose,
}: {
  finding: FindingView
  onClose: () => void
}) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [days, setDays] = useState<(typeof DAYS)[number]>('7')
  const [note, setNote] = useState('')
  const suppress = useMutation({
    mutationFn: () =>
      suppressFinding(finding.findingId, {
        days: Number(days),
        ...noteMember(note),
      }),
    onSuccess: async () => {
      tell(t('findings.silence.done'))
      onClose()
      await Promise.all(
        [['findings'], ['finding-counts']].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      )
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    suppress.mutate()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('findings.silence.title')}
      note={t(`findings.check.${finding.check}`)}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
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
        {suppress.isError && <ProblemNote error={suppress.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={suppress.isPending}>
            {t('findings.silence.confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
