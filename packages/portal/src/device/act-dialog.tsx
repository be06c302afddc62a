import type { DeviceView } from '@sanad/protocol/api/devices'
import { REASONS, type Reason } from '@sanad/protocol/events'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextArea } from '../ui/field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { type ActOnDevice, actOnDevice, deviceQuery } from './device-queries.ts'

const USUAL: Record<ActOnDevice['act'], Reason> = {
  suspend: 'under-repair',
  resume: 'repaired',
  block: 'stolen',
  deregister: 'end-of-life',
  approve: 'repaired',
}

export const isDangerous = (act: ActOnDevice['act']): boolean =>
  act === 'block' || act === 'deregister'

/** Asks why before anything changes; the reason goes on record. */
export function ActDialog({
  device,
  act,
  onClose,
}: {
  device: DeviceView
  act: ActOnDevice['act']
  onClose: () => void
}) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { deviceId, serialNo, revision } = device
  const [reason, setReason] = useState<Reason>(USUAL[act])
  const [note, setNote] = useState('')
  const change = useMutation({
    mutationFn: () => actOnDevice(deviceId, { act, reason, note, revision }),
    onSuccess: (changed) => {
      client.setQueryData(deviceQuery(deviceId).queryKey, changed)
      tell(t(`device.act.${act}.done`, { serialNo }))
      onClose()
      return client.invalidateQueries({ queryKey: ['device', deviceId] })
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(`device.act.${act}.title`, { serialNo })}
      note={t(`device.act.${act}.note`)}
    >
      <div className="flex flex-col gap-4">
        <Field label={t('device.act.reason')}>
          {(control) => (
            <Select<Reason>
              {...control}
              value={reason}
              onChange={setReason}
              choices={REASONS.map((value) => ({ value, label: value.replaceAll('-', ' ') }))}
            />
          )}
        </Field>
        <Field label={t('device.act.noteField')} optional={t('ui.optional')}>
          {(control) => (
            <TextArea
              {...control}
              maxLength={280}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
        {change.isError && <ProblemNote error={change.error} what={t('device.act.failed')} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button
            shape={isDangerous(act) ? 'danger' : 'primary'}
            busy={change.isPending}
            onClick={() => change.mutate()}
          >
            {t(`device.act.${act}.action`)}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
