import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale, staleOfDevice } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
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
  const { deviceId, serialNo } = device
  const [reason, setReason] = useState<Reason | undefined>()
  const [note, setNote] = useState('')
  return (
    <FormDialog
      title={t('facts.reset.question', { serial: serialNo })}
      note={t('facts.reset.when')}
      submit={t('facts.reset.verb')}
      shape="danger"
      failed={t('device.act.failed')}
      input={reason && { reason, ...noteMember(note) }}
      send={(body) => orderClockReset({ deviceId, body })}
      told={t('facts.reset.ordered', { serial: serialNo })}
      stale={[...staleOfDevice(deviceId), ...stale('listEvents')]}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
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
        </>
      )}
    </FormDialog>
  )
}
