import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import type { Reason } from '@sanad/protocol/domain/events'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
import { orderClockReset } from './facts-queries.ts'

/** The likeliest first. */
const REASONS: readonly Reason[] = ['repaired', 'tampered', 'entered-in-error', 'policy', 'other']
const EFFECTS = ['one-device', 'floor', 'by-itself', 'record'] as const

interface ResetClockDialogProps {
  readonly device: DeviceView
  readonly onClose: () => void
}

export function ResetClockDialog({ device, onClose }: ResetClockDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [isChecked, setChecked] = useState(false)
  const [reason, setReason] = useState<Reason | undefined>()
  const [note, setNote] = useState('')
  const ordering = useMutation({
    mutationFn: orderClockReset,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['device', device.deviceId] })
      void client.invalidateQueries({ queryKey: ['record'] })
      tell(t('facts.reset.ordered', { serial: device.serialNo }))
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (reason === undefined || ordering.isPending) return
    ordering.mutate({ deviceId: device.deviceId, body: { reason, ...noteMember(note) } })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('facts.reset.question', { serial: device.serialNo })}
      note={t('facts.reset.when')}
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        {ordering.isError && <ProblemNote error={ordering.error} what={t('device.act.failed')} />}
        <ul className="flex list-disc flex-col gap-1 ps-5 text-13">
          {EFFECTS.map((effect) => (
            <li key={effect}>{t(`facts.reset.effect.${effect}`)}</li>
          ))}
        </ul>
        <ReasonField
          reasons={REASONS}
          value={reason}
          onChange={setReason}
          isMissing={isChecked && reason === undefined}
        />
        <NoteField value={note} onChange={setNote} />
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="danger" busy={ordering.isPending}>
            {t('facts.reset.verb')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
