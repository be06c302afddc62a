import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { NewRotationOrder } from '@sanad/protocol/operator-api/keys'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale, staleOfDevice } from '../api/call.ts'
import { modelsQuery } from '../models/model-queries.ts'
import { Field, TextInput } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { Moment } from '../ui/moment.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
import { Select } from '../ui/select.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { orderRotation, previewRotationQuery } from './key-queries.ts'

const REASONS_TO_ROTATE: readonly Reason[] = [
  'policy',
  'key-compromised',
  'tampered',
  'relocated',
  'other',
]

interface OrderRotationDialogProps {
  /** One device; the fleet, or one model of it, when left out. */
  readonly device?: { readonly deviceId: string; readonly serialNo: string }
  readonly onClose: () => void
}

/** Whom it touches and when it would be over is shown before anything is ordered. */
export function OrderRotationDialog({ device, onClose }: OrderRotationDialogProps) {
  const { t } = useTranslation()
  const [reason, setReason] = useState<Reason>('policy')
  const [modelId, setModelId] = useState('every')
  const [withinHours, setWithinHours] = useState(24)
  const [note, setNote] = useState('')
  // One for the whole dialog: a second press orders nothing more.
  const [orderId] = useState(() => crypto.randomUUID())
  const order: NewRotationOrder = {
    ...(device === undefined ? { filter: filterOf(modelId) } : { deviceIds: [device.deviceId] }),
    reason,
    withinHours,
    ...noteMember(note),
  }
  return (
    <FormDialog
      title={
        device === undefined
          ? t('keys.order.title')
          : t('keys.order.one', { serial: device.serialNo })
      }
      note={t('keys.order.note')}
      submit={t('keys.order.confirm')}
      failed={t('keys.order.failed')}
      input={{ ...order, orderId }}
      send={orderRotation}
      told={({ devices }) => t('keys.order.done', { count: devices })}
      stale={[...staleOfDevice(), ...stale('listRotationOrders')]}
      onClose={onClose}
    >
      {device === undefined && <ModelField value={modelId} onChange={setModelId} />}
      <ReasonField reasons={REASONS_TO_ROTATE} value={reason} onChange={setReason} />
      <Field label={t('keys.order.within')} hint={t('keys.order.within-hint')}>
        {(control) => (
          <TextInput
            {...control}
            type="number"
            min={0}
            max={720}
            value={withinHours}
            onChange={({ target }) => {
              if (Number.isInteger(target.valueAsNumber)) setWithinHours(target.valueAsNumber)
            }}
          />
        )}
      </Field>
      <NoteField value={note} onChange={setNote} />
      <Preview order={order} />
    </FormDialog>
  )
}

/** Only registered devices have a key to rotate. */
const filterOf = (modelId: string): DeviceFilter => ({
  state: ['registered'],
  ...(modelId !== 'every' && { modelId }),
})

function ModelField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation()
  const models = useQuery(modelsQuery).data?.items ?? []
  return (
    <Field label={t('keys.order.which')}>
      {(control) => (
        <Select
          {...control}
          value={value}
          onChange={onChange}
          choices={[
            { value: 'every', label: t('keys.order.every') },
            ...models.map(({ modelId, make, model }) => ({
              value: modelId,
              label: `${make} ${model}`,
            })),
          ]}
        />
      )}
    </Field>
  )
}

function Preview({ order }: { order: NewRotationOrder }) {
  const { t } = useTranslation()
  const { note: _, ...asked } = order
  const { data, error } = useQuery(previewRotationQuery(useDeferredValue(asked)))
  if (error !== null) return <ProblemNote error={error} />
  return (
    <p role="status" className="rounded-lg bg-sunken px-4 py-3 text-13">
      {data === undefined ? (
        <Skeleton className="h-4 w-3/4" />
      ) : (
        <>
          {t('keys.order.preview', { count: data.devices })} <Moment at={data.windowEnd} />.{' '}
          <span className="text-muted">
            {t('keys.order.pace', { count: Math.round(data.signingPerSecond * 10) / 10 })}
          </span>
        </>
      )}
    </p>
  )
}
