import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { modelsQuery } from '../models/model-queries.ts'
import { groupsQuery } from '../policies/policy-queries.ts'
import { Field, TextInput } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { TextField } from '../ui/text-field.tsx'
import { type CommandDraft, EMPTY_DRAFT, toCommand } from './command-draft.ts'
import { CommandFields } from './command-fields.tsx'
import { campaignPreviewQuery, createCampaign, orderCommand } from './command-queries.ts'

interface CommandComposerProps {
  /** One device; a campaign over a filter when left out. */
  readonly device?: { readonly deviceId: string; readonly serialNo: string }
  /** The id of the group that a campaign is filled in for. */
  readonly group?: string
  readonly onClose: () => void
}

interface Terms {
  readonly name: string
  readonly model: string
  readonly group: string
  readonly isContinuing: boolean
  readonly perMinute: number
  readonly failedPercent: number
  readonly lifeHours: number
  readonly note: string
}

const EVERY = 'every'
const TERMS: Terms = {
  name: '',
  model: EVERY,
  group: EVERY,
  isContinuing: false,
  perMinute: 60,
  failedPercent: 10,
  lifeHours: 72,
  note: '',
}
/** Fewer say nothing about the rest. */
const FAILED_OF_AT_LEAST = 20

/** Whom it is for and what it does is on the screen before anything is sent. */
export function CommandComposer({ device, group = EVERY, onClose }: CommandComposerProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [draft, setDraft] = useState<CommandDraft>(EMPTY_DRAFT)
  const [terms, setTerms] = useState({ ...TERMS, group })
  // The same request again, after an answer was lost, sends nothing more.
  const [orderId] = useState(() => crypto.randomUUID())
  const isCampaign = device === undefined
  const isWhole = !isCampaign || terms.name.trim() !== ''
  return (
    <FormDialog
      wide
      title={
        isCampaign
          ? t('commands.compose.title')
          : t('commands.compose.one', { serial: device.serialNo })
      }
      note={t('commands.compose.note')}
      submit={t(isCampaign ? 'commands.compose.start' : 'commands.compose.send')}
      failed={t('commands.compose.failed')}
      input={isWhole ? { orderId, device, draft, terms } : undefined}
      send={sendIt}
      told={t(isCampaign ? 'commands.compose.campaign' : 'commands.compose.order')}
      onDone={async () => {
        onClose()
        if (isCampaign) await navigate({ to: '/commands', search: { tab: 'campaigns' } })
      }}
      stale={[['commands'], ['campaigns']]}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <CommandFields draft={draft} onChange={setDraft} />
          {isCampaign && <CampaignTerms terms={terms} onChange={setTerms} isChecked={isChecked} />}
          <div className="grid gap-4 sm:grid-cols-2">
            <Amount
              name="lifeHours"
              max={720}
              terms={terms}
              onChange={setTerms}
              hint={t('commands.compose.life-hint')}
            />
            <NoteField
              value={terms.note}
              onChange={(note) => setTerms({ ...terms, note })}
              hint={null}
            />
          </div>
          {isCampaign && <Preview filter={filterOf(terms)} />}
        </>
      )}
    </FormDialog>
  )
}

interface Composed {
  readonly orderId: string
  readonly device: CommandComposerProps['device']
  readonly draft: CommandDraft
  readonly terms: Terms
}

function sendIt({ orderId, device, draft, terms }: Composed): Promise<unknown> {
  const common = {
    command: toCommand(draft, Date.now()),
    lifeHours: terms.lifeHours,
    ...noteMember(terms.note),
  }
  if (device !== undefined)
    return orderCommand({ orderId, deviceIds: [device.deviceId], ...common })
  const { name, isContinuing, perMinute, failedPercent } = terms
  return createCampaign({
    campaignId: orderId,
    name: name.trim(),
    filter: filterOf(terms),
    isContinuing,
    perMinute,
    abort: { failedPercent, ofAtLeast: FAILED_OF_AT_LEAST },
    ...common,
  })
}

const filterOf = ({ model, group }: Terms): DeviceFilter => ({
  state: ['registered'],
  ...(model !== EVERY && { modelId: model }),
  ...(group !== EVERY && { groupId: group }),
})

interface TermsProps {
  readonly terms: Terms
  readonly onChange: (terms: Terms) => void
}

function CampaignTerms({ terms, onChange, isChecked }: TermsProps & { isChecked: boolean }) {
  const { t } = useTranslation()
  const models = useQuery(modelsQuery).data?.items ?? []
  const groups = useQuery(groupsQuery).data?.items ?? []
  return (
    <>
      <TextField
        label={t('commands.compose.name')}
        value={terms.name}
        maxLength={128}
        isMissing={isChecked && terms.name.trim() === ''}
        onChange={(name) => onChange({ ...terms, name })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t('commands.compose.model')}>
          {(control) => (
            <Select
              {...control}
              value={terms.model}
              onChange={(model) => onChange({ ...terms, model })}
              choices={[
                { value: EVERY, label: t('commands.compose.every-model') },
                ...models.map(({ modelId, make, model }) => ({
                  value: modelId,
                  label: `${make} ${model}`,
                })),
              ]}
            />
          )}
        </Field>
        <Field label={t('commands.compose.group')}>
          {(control) => (
            <Select
              {...control}
              value={terms.group}
              onChange={(group) => onChange({ ...terms, group })}
              choices={[
                { value: EVERY, label: t('commands.compose.every-group') },
                ...groups.map(({ groupId, name }) => ({ value: groupId, label: name })),
              ]}
            />
          )}
        </Field>
        <Amount name="perMinute" max={60_000} terms={terms} onChange={onChange} />
        <Amount
          name="failedPercent"
          max={100}
          terms={terms}
          onChange={onChange}
          hint={t('commands.compose.failed-hint', { count: FAILED_OF_AT_LEAST })}
        />
      </div>
      <label className="flex items-center gap-2 text-13">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={terms.isContinuing}
          onChange={({ target }) => onChange({ ...terms, isContinuing: target.checked })}
        />
        {t('commands.compose.continuing')}
      </label>
    </>
  )
}

interface AmountProps extends TermsProps {
  readonly name: 'perMinute' | 'failedPercent' | 'lifeHours'
  readonly max: number
  readonly hint?: string
}

function Amount({ name, max, hint, terms, onChange }: AmountProps) {
  const { t } = useTranslation()
  return (
    <Field label={t(`commands.compose.${name}`)} {...(hint !== undefined && { hint })}>
      {(control) => (
        <TextInput
          {...control}
          type="number"
          required
          min={1}
          max={max}
          value={terms[name]}
          onChange={({ target }) => {
            if (Number.isInteger(target.valueAsNumber))
              onChange({ ...terms, [name]: target.valueAsNumber })
          }}
        />
      )}
    </Field>
  )
}

function Preview({ filter }: { filter: DeviceFilter }) {
  const { t } = useTranslation()
  const { data, error } = useQuery(campaignPreviewQuery(filter))
  if (error !== null) return <ProblemNote error={error} />
  return (
    <div role="status" className="rounded-lg bg-sunken px-4 py-3 text-13">
      {data === undefined ? (
        <Skeleton className="h-4 w-3/4" />
      ) : (
        <>
          <p className="font-medium">{t('commands.compose.preview', { count: data.devices })}</p>
          <p className="mt-0.5 text-muted">
            {data.models
              .map(({ make, model, devices }) =>
                t('commands.compose.of-model', { count: devices, name: `${make} ${model}` }),
              )
              .join(' · ')}
          </p>
        </>
      )}
    </div>
  )
}
