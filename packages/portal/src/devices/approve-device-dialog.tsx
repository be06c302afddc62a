import type { NewDevice } from '@sanad/protocol/operator-api/devices'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import { findProofFaults } from '@sanad/protocol/domain/device-proof'
import { parseSerialForm } from '@sanad/protocol/domain/serial-form'
import { examineSerialNo } from '@sanad/protocol/domain/serial-number'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { call, stale } from '../api/call.ts'
import { modelsQuery } from '../models/model-queries.ts'
import { Field } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { Select } from '../ui/select.tsx'
import { TextField } from '../ui/text-field.tsx'

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
  const navigate = useNavigate()
  const listed = useQuery(modelsQuery)
  const models = (listed.data?.items ?? []).filter(({ state }) => state === 'approved')
  const [modelId, setModelId] = useState(known.modelId)
  const [serialNo, setSerialNo] = useState(known.serialNo ?? '')
  const [hash, setHash] = useState('')
  // The server has doubts about this very number, and has told them: now it can be confirmed.
  const [doubted, setDoubted] = useState<string>()
  const model = models.find((each) => each.modelId === modelId)
  const serial = serialNo.trim()
  const isDoubted = doubted === serial && serial !== ''
  const serialFault = serial === '' ? undefined : findFault(serial, model)
  const hashFault = model === undefined ? undefined : findHashFault(model, hash)
  const isWhole = serial !== '' && serialFault === undefined && hashFault === undefined
  return (
    <FormDialog
      title={t('devices.approve.title')}
      note={t('devices.approve.note')}
      submit={isDoubted ? t('devices.approve.confirm') : t('devices.approve.submit')}
      isLoading={listed.isPending}
      failed={isDoubted ? t('devices.approve.doubtful') : t('devices.approve.failed')}
      input={
        model !== undefined && isWhole
          ? { ...toNewDevice(model, serial, hash), ...(isDoubted && { confirmWarnings: true }) }
          : undefined
      }
      send={(body: NewDevice) => call('approveDevice', { body })}
      told={(device) => t('devices.approve.done', { serial: device.serialNo })}
      onRefused={(error, sent) =>
        setDoubted(
          asProblem(error).code === 'device.serial-no-doubtful' ? sent.serialNo : undefined,
        )
      }
      onDone={async ({ deviceId }) => {
        onClose()
        if (onApproved !== undefined) onApproved()
        else await navigate({ to: '/devices/$deviceId', params: { deviceId } })
      }}
      stale={stale('listDevices', 'countDevices', 'listRefusals', 'listEvents')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <ModelField models={models} value={modelId} onChange={setModelId} isChecked={isChecked} />
          <TextField
            mono
            label={t('devices.approve.serial')}
            hint={
              (model?.serialNoForm ?? null) === null
                ? t('devices.approve.serial-hint')
                : t('devices.approve.serial-form', { form: model?.serialNoForm ?? '' })
            }
            error={isChecked && serial === '' ? t('devices.approve.serial-missing') : serialFault}
            value={serialNo}
            maxLength={1_024}
            onChange={setSerialNo}
          />
          {model !== undefined && model.l0Policy !== 'operator-approval' && (
            <HashField
              model={model}
              value={hash}
              onChange={setHash}
              error={
                hashFault !== undefined && (isChecked || hash !== '')
                  ? t(`devices.approve.${hashFault}`)
                  : undefined
              }
            />
          )}
        </>
      )}
    </FormDialog>
  )
}

interface ModelFieldProps {
  readonly models: readonly ModelView[]
  readonly value: string | undefined
  readonly onChange: (modelId: string) => void
  readonly isChecked: boolean
}

function ModelField({ models, value, onChange, isChecked }: ModelFieldProps) {
  const { t } = useTranslation()
  const isKnown = models.some(({ modelId }) => modelId === value)
  return (
    <Field
      label={t('devices.approve.model')}
      error={isChecked && !isKnown ? t('devices.approve.model-missing') : undefined}
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
          value={value}
          onChange={onChange}
          placeholder={t('devices.approve.model-choose')}
          choices={models.map((each) => ({
            value: each.modelId,
            label: `${each.make} ${each.model}`,
            note: each.level,
          }))}
        />
      )}
    </Field>
  )
}

/** By the rule that the server and the import follow. */
function findHashFault(
  model: ModelView,
  hash: string,
): 'hash-malformed' | 'secret-missing' | undefined {
  if (hash !== '') return SHA256.test(hash) ? undefined : 'hash-malformed'
  return findProofFaults(model, {}).length > 0 ? 'secret-missing' : undefined
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
    <TextField
      mono
      label={t(isChip ? 'devices.approve.chip' : 'devices.approve.secret')}
      hint={t(isChip ? 'devices.approve.chip-hint' : 'devices.approve.secret-hint')}
      error={error}
      {...(isChip && { optional: t('ui.optional') })}
      value={value}
      maxLength={64}
      onChange={(text) => onChange(text.trim().toLowerCase())}
    />
  )
}
