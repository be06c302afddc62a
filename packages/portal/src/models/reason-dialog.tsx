import { REASONS, type Reason } from '@sanad/protocol/domain/events'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'

interface RetireDialogProps {
  readonly title: string
  readonly note: string
  readonly confirm: string
  readonly isBusy: boolean
  readonly error: unknown
  readonly onClose: () => void
  readonly onConfirm: (reason: Reason) => void
}

/** Asks why, from the closed list that goes on record. */
export function RetireDialog({
  title,
  note,
  confirm,
  isBusy,
  error,
  onClose,
  onConfirm,
}: RetireDialogProps) {
  const { t } = useTranslation()
  const [reason, setReason] = useState<Reason>('end-of-life')
  return (
    <Dialog open onClose={onClose} title={title} note={note}>
      <Field label={t('models.retire.reason')}>
        {(control) => (
          <Select<Reason>
            {...control}
            value={reason}
            onChange={setReason}
            choices={REASONS.map((value) => ({ value, label: value.replaceAll('-', ' ') }))}
          />
        )}
      </Field>
      {error !== null && (
        <div className="mt-4">
          <ProblemNote error={error} />
        </div>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{t('ui.cancel')}</Button>
        <Button shape="danger" busy={isBusy} onClick={() => onConfirm(reason)}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  )
}
