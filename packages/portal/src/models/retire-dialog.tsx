import { REASONS, type Reason } from '@sanad/protocol/domain/reasons'
import type { QueryKey } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ReasonField } from '../ui/reason-field.tsx'

interface RetireDialogProps {
  readonly title: string
  readonly note: string
  readonly confirm: string
  readonly told: string
  readonly stale: readonly QueryKey[]
  readonly retire: (reason: Reason) => Promise<unknown>
  readonly onClose: () => void
}

/** Asks why, from the closed list that goes on record. */
export function RetireDialog({ confirm, retire, ...dialog }: RetireDialogProps) {
  const { t } = useTranslation()
  const [reason, setReason] = useState<Reason>('end-of-life')
  return (
    <FormDialog
      {...dialog}
      submit={confirm}
      shape="danger"
      failed={t('models.retire.failed')}
      input={reason}
      send={retire}
    >
      <ReasonField reasons={REASONS} value={reason} onChange={setReason} />
    </FormDialog>
  )
}
