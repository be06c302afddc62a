import type { NewDevice } from '@sanad/protocol/operator-api/devices'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import { findProofFaults } from '@sanad/protocol/domain/device-proof'
import { parseSerialForm } from '@sanad/protocol/domain/serial-form'
import { examineSerialNo } from '@sanad/protocol/domain/serial-number'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { call } from '../api/call.ts'
import { modelsQuery } from '../models/model-queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'

interface ApproveDeviceDialogProps {
  readonly onClose: () => void
  /** Known already when a refused claim is approved. */
  readonly serialNo?: string
  readonly modelId?: string
  /** Where to stay afterwards; without it the new device is opened. */
  readonly onApproved?: () => void
}

const SHA256 = /^[0-9a-f]{64}$/

export function ApproveDeviceDialog({ onClose, onApproved, ...known }: ApproveDeviceDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const navigate = useNavigate()
  const models = (useQuery(modelsQuery).data?.items ?? []).filter(
    ({ state }) => state === 'approved',
  )
  const [isChecked, setChecked] = useState(false)
  const [modelId, setModelId] = useState(known.modelId)
  const [serialNo, setSerialNo] = useState(known.serialNo ?? '')
  const [hash, setHash] = useState('')
  const model = models.find((each) => each.modelId === modelId)
  const approving = useMutation({
    mutationFn: (body: NewDevice) => call('approveDevice', { body }),
    onSuccess: async (device) => {
      tell(t('devices.approve.done', { serial: device.serialNo }))
      onClose()
      for (const root of ['devices', 'device-counts', 'refusals', 'record']) {
        void client.invalidateQueries({ queryKey: [root] })
      }
      if (onApproved !== undefined) onApproved()
      else await navigate({ to: '/devices/$deviceId', params: { deviceId: device.deviceId } })
    },
  })
  const hashError = hash !== '' && !SHA256.test(hash)
  const needsHash = model !== undefined && hash === '' && findProofFaults(model, {}).length > 0
  const serial = serialNo.trim()
  const serialFault = serial === '' ? undefined : findFault(serial, model)
  // The server has doubts about this very number, and has told them: now it can be confirmed.
  const isDoubted =
    approving.isError &&
    asProblem(approving.error).code === 'device.serial-no-doubtful' &&
    approving.variables.serialNo === serial
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (model === undefined || serial === '' || hashError || needsHash) return
    if (serialFault !== undefined || approving.isPending) return
    const device = toNewDevice(model, serial, hash)
    approving.mutate(isDoubted ? { ...device, confirmWarnings: true } : device)
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('devices.approve.title')}
      note={t('devices.approve.note')}
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        {approving.isError && (
          <ProblemNote
            error={approving.error}
            what={isDoubted ? t('devices.approve.doubtful') : t('devices.approve.failed')}
          />
        )}
        <Field
          label={t('devices.approve.model')}
          error={isChecked && model === undefined ? t('devices.approve.model-missing') : undefined}
          hint={
            models.length === 0 && (
              <Link to="/models" search={{ add: true }} className="text-accent underline">
                {t('devices.approve.no-models')}
              </Link>
            )
          }
        >
          {(control) => (
            <Select
              {...control}
              value={modelId}
              onChange={setModelId}
              placeholder={t('devices.approve.model-choose')}
              choices={models.map((each) => ({
                value: each.modelId,
                label: `${each.make} ${each.model}`,
                note: each.level,
              }))}
            />
          )}
        </Field>
        <Field
          label={t('devices.approve.serial')}
          hint={
            (model?.serialNoForm ?? null) === null
              ? t('devices.approve.serial-hint')
              : t('devices.approve.serial-form', { form: model?.serialNoForm ?? '' })
          }
          error={isChecked && serial === '' ? t('devices.approve.serial-missing') : serialFault}
        >
          {(control) => (
            <TextInput
              {...control}
              value={serialNo}
              maxLength={1_024}
              onChange={(event) => setSerialNo(event.target.value)}
              className="font-mono"
            />
          )}
        </Field>
        {model !== undefined && model.l0Policy !== 'operator-approval' && (
          <HashField
            model={model}
            value={hash}
            onChange={setHash}
            error={
              hashError
                ? t('devices.approve.hash-malformed')
                : isChecked && needsHash
                  ? t('devices.approve.secret-missing')
                  : undefined
            }
          />
        )}
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={approving.isPending}>
            {isDoubted ? t('devices.approve.confirm') : t('devices.approve.submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** By the rule of the server, while it is typed. */
function findFault(serialNo: string, model: ModelView | undefined): string | undefined {
  if (model === undefined) return undefined
  const form = model.serialNoForm === null ? undefined : parseSerialForm(model.serialNoForm)
  return examineSerialNo(serialNo, form).fault?.reason
}

function toNewDevice({ modelId, level }: ModelView, serialNo: string, hash: string): NewDevice {
  if (hash === '') return { modelId, serialNo }
  return level === 'L1'
    ? { modelId, serialNo, ftmCertificateSha256: hash }
    : { modelId, serialNo, enrolmentSecretSha256: hash }
}

interface HashFieldProps {
  readonly model: ModelView
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error: string | undefined
}

function HashField({ model, value, onChange, error }: HashFieldProps) {
  const { t } = useTranslation()
  const isChip = model.level === 'L1'
  return (
    <Field
      label={t(isChip ? 'devices.approve.chip' : 'devices.approve.secret')}
      hint={t(isChip ? 'devices.approve.chip-hint' : 'devices.approve.secret-hint')}
      error={error}
      {...(isChip && { optional: t('ui.optional') })}
    >
      {(control) => (
        <TextInput
          {...control}
          value={value}
          maxLength={64}
          onChange={(event) => onChange(event.target.value.trim().toLowerCase())}
          className="font-mono text-13"
        />
      )}
    </Field>
  )
}
