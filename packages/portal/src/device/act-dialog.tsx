import type { DeviceView, ReapproveBody } from '@sanad/protocol/operator-api/devices'
import type { Reason } from '@sanad/protocol/domain/events'
import { needsSecret } from '@sanad/protocol/domain/device-proof'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
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

interface ActDialogProps {
  readonly device: DeviceView
  readonly act: OperatorAct
  readonly onClose: () => void
}

export function ActDialog({ device, act, onClose }: ActDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [isChecked, setChecked] = useState(false)
  const [reason, setReason] = useState<Reason | undefined>()
  const [note, setNote] = useState('')
  const [hash, setHash] = useState('')
  const acting = useMutation({
    mutationFn: (body: ReapproveBody) => actOnDevice(device.deviceId, act, body),
    onSuccess: (changed) => {
      client.setQueryData(deviceQuery(device.deviceId).queryKey, changed)
      for (const queryKey of [
        ['device', device.deviceId],
        ['devices'],
        ['device-counts'],
        ['record'],
      ]) {
        void client.invalidateQueries({ queryKey })
      }
      tell(t(`device.act.${act}.done`, { serial: device.serialNo }))
      onClose()
    },
  })
  const proof = act === 'approve' ? proofOf(device) : undefined
  const hashError = hash !== '' && !/^[0-9a-f]{64}$/.test(hash)
  const isHashMissing = proof?.isNeeded === true && hash === ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (reason === undefined || hashError || isHashMissing || acting.isPending) return
    acting.mutate({
      reason,
      revision: device.revision,
      ...noteMember(note),
      ...(proof !== undefined && hash !== '' && { [proof.field]: hash }),
    })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(`device.act.${act}.title`, { serial: device.serialNo })}
      note={t(`device.act.${act}.effect`)}
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        {acting.isError && <ProblemNote error={acting.error} what={t('device.act.failed')} />}
        <ReasonField
          reasons={REASONS_FOR[act]}
          value={reason}
          onChange={setReason}
          isMissing={isChecked && reason === undefined}
        />
        {proof !== undefined && (
          <Field
            label={t(`devices.approve.${proof.label}`)}
            hint={t(`device.act.approve.${proof.label}-hint`)}
            {...(!proof.isNeeded && { optional: t('ui.optional') })}
            error={
              isChecked && hashError
                ? t('devices.approve.hash-malformed')
                : isChecked && isHashMissing
                  ? t('device.act.approve.secret-missing')
                  : undefined
            }
          >
            {(control) => (
              <TextInput
                {...control}
                value={hash}
                maxLength={64}
                onChange={(event) => setHash(event.target.value.trim().toLowerCase())}
                className="font-mono text-13"
              />
            )}
          </Field>
        )}
        <NoteField value={note} onChange={setNote} />
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button
            type="submit"
            shape={act === 'deregister' || act === 'block' ? 'danger' : 'primary'}
            busy={acting.isPending}
          >
            {t(`device.act.${act}.submit`)}
          </Button>
        </div>
      </form>
    </Dialog>
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
