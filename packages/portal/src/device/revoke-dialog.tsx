import type { DeviceCertificateView, DeviceView } from '@sanad/protocol/operator-api/devices'
import { CRL_REASON_OF } from '@sanad/protocol/domain/crl-reasons'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale, staleOfDevice } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
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
  const { deviceId, serialNo } = device
  const [reason, setReason] = useState<Reason | undefined>()
  const [note, setNote] = useState('')
  return (
    <FormDialog
      title={t('device.revoke.title', { serial: serialNo })}
      note={t('device.revoke.for-good')}
      submit={t('device.revoke.submit')}
      shape="danger"
      failed={t('device.act.failed')}
      input={reason && { reason, ...noteMember(note) }}
      send={(body) => revokeCertificate(deviceId, certificate.serialNumber, body)}
      told={t('device.revoke.done', { serial: serialNo })}
      stale={[...staleOfDevice(deviceId), ...stale('listDevices', 'listEvents', 'listFindings')]}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <Consequences status={certificate.status} />
          <ReasonField
            reasons={REASONS}
            value={reason}
            onChange={setReason}
            isMissing={isChecked && reason === undefined}
            hint={reason && t(`device.revoke.told.${CRL_REASON_OF[reason]}`)}
          />
          <NoteField value={note} onChange={setNote} />
        </>
      )}
    </FormDialog>
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
