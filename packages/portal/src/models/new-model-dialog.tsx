import { L0_POLICIES, type L0Policy } from '@sanad/protocol/domain/device-proof'
import type { NewModel } from '@sanad/protocol/operator-api/models'
import {
  DEVICE_SUB_TYPES,
  DEVICE_TYPES,
  type DeviceType,
  LEVELS,
  type Level,
} from '@sanad/protocol/domain/device-kinds'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { Field } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { Select } from '../ui/select.tsx'
import { TextField } from '../ui/text-field.tsx'
import { createModel, ftmProvidersQuery } from './model-queries.ts'

interface Draft {
  readonly make: string
  readonly model: string
  readonly deviceType: DeviceType
  readonly deviceSubType: string
  readonly level: Level
  readonly deviceProvider: string
  readonly deviceProviderId: string
  readonly ftmProviderId: string | undefined
  readonly l0Policy: L0Policy
}

const EMPTY: Draft = {
  make: '',
  model: '',
  deviceType: 'Finger',
  deviceSubType: 'Slap',
  level: 'L1',
  deviceProvider: '',
  deviceProviderId: '',
  ftmProviderId: undefined,
  l0Policy: 'enrolment-secret',
}

const TEXTS = ['make', 'model', 'deviceProvider', 'deviceProviderId'] as const

/** L1 names the maker of its chips; L0 names how a device proves itself instead. */
function toModel({ ftmProviderId, l0Policy, ...identity }: Draft): NewModel {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, identity[name].trim()]))
  const common = { ...identity, ...texts } as Omit<NewModel, 'ftmProviderId' | 'l0Policy'>
  if (identity.level === 'L0') return { ...common, l0Policy }
  return { ...common, ...(ftmProviderId !== undefined && { ftmProviderId }) }
}

export function NewModelDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(EMPTY)
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const isWhole = TEXTS.every((name) => draft[name].trim() !== '')
  return (
    <FormDialog
      wide
      title={t('models.create.title')}
      note={t('models.create.note')}
      submit={t('models.create.confirm')}
      failed={t('models.create.failed')}
      input={isWhole ? toModel(draft) : undefined}
      send={createModel}
      told={t('models.create.done', { name: `${draft.make} ${draft.model}` })}
      stale={stale('listModels')}
      onClose={onClose}
    >
      {(isChecked) => (
        <div className="grid gap-4 sm:grid-cols-2">
          {TEXTS.map((name) => (
            <TextField
              key={name}
              label={t(`models.field.${name}`)}
              value={draft[name]}
              maxLength={name === 'deviceProvider' ? 128 : 36}
              isMissing={isChecked && draft[name].trim() === ''}
              onChange={(text) => change({ [name]: text })}
            />
          ))}
          <KindFields draft={draft} change={change} />
          {draft.level === 'L1' ? (
            <FtmProviderField draft={draft} change={change} />
          ) : (
            <PolicyField draft={draft} change={change} />
          )}
        </div>
      )}
    </FormDialog>
  )
}

interface PartProps {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
}

/** What it captures, and how far its chip can be trusted. */
function KindFields({ draft, change }: PartProps) {
  const { t } = useTranslation()
  return (
    <>
      <Field label={t('models.field.type')}>
        {(control) => (
          <Select<DeviceType>
            {...control}
            value={draft.deviceType}
            onChange={(deviceType) =>
              change({ deviceType, deviceSubType: DEVICE_SUB_TYPES[deviceType][0] })
            }
            choices={DEVICE_TYPES.map((value) => ({ value, label: value }))}
          />
        )}
      </Field>
      <Field label={t('models.field.sub-type')}>
        {(control) => (
          <Select
            {...control}
            value={draft.deviceSubType}
            onChange={(deviceSubType) => change({ deviceSubType })}
            choices={DEVICE_SUB_TYPES[draft.deviceType].map((value) => ({ value, label: value }))}
          />
        )}
      </Field>
      <Field label={t('models.field.level')} hint={t(`models.level-hint.${draft.level}`)}>
        {(control) => (
          <Select<Level>
            {...control}
            value={draft.level}
            onChange={(level) => change({ level })}
            choices={LEVELS.map((value) => ({ value, label: value }))}
          />
        )}
      </Field>
    </>
  )
}

function FtmProviderField({ draft, change }: PartProps) {
  const { t } = useTranslation()
  const { data } = useQuery(ftmProvidersQuery)
  const trusted = data?.items.filter(({ state }) => state === 'trusted') ?? []
  return (
    <Field
      label={t('models.field.ftm-provider')}
      hint={trusted.length === 0 ? t('models.field.no-ftm-provider') : undefined}
    >
      {(control) => (
        <Select
          {...control}
          placeholder={t('models.field.choose')}
          value={draft.ftmProviderId}
          onChange={(ftmProviderId) => change({ ftmProviderId })}
          choices={trusted.map(({ ftmProviderId, name }) => ({
            value: ftmProviderId,
            label: name,
          }))}
        />
      )}
    </Field>
  )
}

function PolicyField({ draft, change }: PartProps) {
  const { t } = useTranslation()
  return (
    <Field label={t('models.field.policy')}>
      {(control) => (
        <Select<L0Policy>
          {...control}
          value={draft.l0Policy}
          onChange={(l0Policy) => change({ l0Policy })}
          choices={L0_POLICIES.map((value) => ({ value, label: t(`models.policy.${value}`) }))}
        />
      )}
    </Field>
  )
}
