import type { DeviceView, ReapproveBody } from '@sanad/protocol/operator-api/devices'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { needsSecret } from '@sanad/protocol/domain/device-proof'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale, staleOfDevice } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
import { TextField } from '../ui/text-field.tsx'
import { actOnDevice, deviceQuery, type OperatorAct } from './device-queries.ts'

/** The reasons that fit an act, likeliest first. */
export const REASONS_FOR: Record<OperatorAct, readonly Reason[]> = {
  suspend: ['under-repair', 'lost', 'relocated', 'tampered', 'policy', 'other'],
  resume: ['repaired', 'found', 'relocated', 'policy', 'entered-in-error', 'other'],
  deregister: [
    'end-of-life',
    'replaced',
    'lost',
    'stolen',
    'tampered',
    'key-compromised',
    'suspected-clone',
    'entered-in-error',
    'policy',
    'other',
  ],
  block: ['stolen', 'suspected-clone', 'tampered', 'key-compromised', 'lost', 'other'],
  approve: ['repaired', 'found', 'replaced', 'entered-in-error', 'other'],
}

const SHA256 = /^[0-9a-f]{64}$/

interface ActDialogProps {
  readonly device: DeviceView
  readonly act: OperatorAct
  readonly onClose: () => void
}

export function ActDialog({ device, act, onClose }: ActDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [reason, setReason] = useState<Reason | undefined>()
  const [note, setNote] = useState('')
  const [hash, setHash] = useState('')
  const proof = act === 'approve' ? proofOf(device) : undefined
  const isProven = hash === '' ? proof?.isNeeded !== true : SHA256.test(hash)
  const input: ReapproveBody | undefined =
    reason !== undefined && isProven
      ? {
          reason,
          revision: device.revision,
          ...noteMember(note),
          ...(proof !== undefined && hash !== '' && { [proof.field]: hash }),
        }
      : undefined
  return (
    <FormDialog
      title={t(`device.act.${act}.title`, { serial: device.serialNo })}
      note={t(`device.act.${act}.effect`)}
      submit={t(`device.act.${act}.submit`)}
      shape={act === 'deregister' || act === 'block' ? 'danger' : 'primary'}
      failed={t('device.act.failed')}
      input={input}
      send={(body) => actOnDevice(device.deviceId, act, body)}
      told={t(`device.act.${act}.done`, { serial: device.serialNo })}
      onDone={(changed) => {
        client.setQueryData(deviceQuery(device.deviceId).queryKey, changed)
        onClose()
      }}
      stale={[
        ...staleOfDevice(device.deviceId),
        ...stale('listDevices', 'countDevices', 'listEvents'),
      ]}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <ReasonField
            reasons={REASONS_FOR[act]}
            value={reason}
            onChange={setReason}
            isMissing={isChecked && reason === undefined}
          />
          {proof !== undefined && (
            <ProofField proof={proof} value={hash} onChange={setHash} isChecked={isChecked} />
          )}
          <NoteField value={note} onChange={setNote} />
        </>
      )}
    </FormDialog>
  )
}

interface ProofFieldProps {
  readonly proof: NonNullable<ReturnType<typeof proofOf>>
  readonly value: string
  readonly onChange: (hash: string) => void
  readonly isChecked: boolean
}

function ProofField({ proof, value, onChange, isChecked }: ProofFieldProps) {
  const { t } = useTranslation()
  const error =
    value === ''
      ? proof.isNeeded && t('device.act.approve.secret-missing')
      : !SHA256.test(value) && t('devices.approve.hash-malformed')
  return (
    <TextField
      mono
      label={t(`devices.approve.${proof.label}`)}
      hint={t(`device.act.approve.${proof.label}-hint`)}
      {...(!proof.isNeeded && { optional: t('ui.optional') })}
      error={isChecked && error !== false ? error : undefined}
      value={value}
      maxLength={64}
      onChange={(text) => onChange(text.trim().toLowerCase())}
    />
  )
}

/** A repaired unit may come back with another chip; an L0 device needs a new secret, for a secret counts once. */
function proofOf({ model, enrolmentSecret }: DeviceView) {
  if (model.level === 'L1')
    return { field: 'ftmCertificateSha256', label: 'chip', isNeeded: false } as const
  if (!needsSecret(model)) return undefined
  const isNeeded = enrolmentSecret !== 'unused'
  return { field: 'enrolmentSecretSha256', label: 'secret', isNeeded } as const
}
