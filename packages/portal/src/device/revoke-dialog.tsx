import type { DeviceCertificateView, DeviceView } from '@sanad/protocol/operator-api/devices'
import type { RevocationBody } from '@sanad/protocol/operator-api/keys'
import { CRL_REASON_OF } from '@sanad/protocol/domain/crl-reasons'
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
import { revokeCertificate } from './device-queries.ts'

/** Those that fit, likeliest first; what a verifier reads in the list follows from each (RFC 5280 §5.3.1). */
const REASONS: readonly Reason[] = [
  'key-compromised',
  'stolen',
  'lost',
  'tampered',
  'suspected-clone',
  'replaced',
  'end-of-life',
  'policy',
  'entered-in-error',
  'other',
]

/** It follows from how far the key had come. */
const consequenceOf = (status: string) =>
  status === 'pending' || status === 'superseded' ? status : 'active'

interface RevokeDialogProps {
  readonly device: DeviceView
  readonly certificate: DeviceCertificateView
  readonly onClose: () => void
}

export function RevokeDialog({ device, certificate, onClose }: RevokeDialogProps) {
  const { t } = useTranslation()
  const [isChecked, setChecked] = useState(false)
  const [reason, setReason] = useState<Reason | undefined>()
  const [note, setNote] = useState('')
  const revoking = useRevocation(device, certificate, onClose)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (reason === undefined || revoking.isPending) return
    revoking.mutate({ reason, ...noteMember(note) })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('device.revoke.title', { serial: device.serialNo })}
      note={t('device.revoke.for-good')}
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        {revoking.isError && <ProblemNote error={revoking.error} what={t('device.act.failed')} />}
        <Consequences status={certificate.status} />
        <ReasonField
          reasons={REASONS}
          value={reason}
          onChange={setReason}
          isMissing={isChecked && reason === undefined}
          hint={reason && t(`device.revoke.told.${CRL_REASON_OF[reason]}`)}
        />
        <NoteField value={note} onChange={setNote} />
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="danger" busy={revoking.isPending}>
            {t('device.revoke.submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Consequences({ status }: { status: string }) {
  const { t } = useTranslation()
  const which = consequenceOf(status)
  return (
    <ul className="flex list-disc flex-col gap-1.5 rounded-lg bg-sunken py-3 ps-8 pe-4 text-13">
      <li>{t('device.revoke.effect.server')}</li>
      <li>{t('device.revoke.effect.lists')}</li>
      <li>{t(`device.revoke.effect.${which}`)}</li>
    </ul>
  )
}

function useRevocation(
  { deviceId, serialNo }: DeviceView,
  { serialNumber }: DeviceCertificateView,
  onDone: () => void,
) {
  const { t } = useTranslation()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: RevocationBody) => revokeCertificate(deviceId, serialNumber, body),
    onSuccess: () => {
      for (const queryKey of [['device', deviceId], ['devices'], ['record'], ['findings']])
        void client.invalidateQueries({ queryKey })
      tell(t('device.revoke.done', { serial: serialNo }))
      onDone()
    },
  })
}
